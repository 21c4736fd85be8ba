// What is wrong with the text, as a list: line:column, what, and the code AWS gives it. A click goes there.

import { fill, h, prose } from "../dom";
import type { Problem } from "../types";

const WORDS: Record<Problem["severity"], string> = {
  error: "error",
  security_warning: "security warning",
  warning: "warning",
  suggestion: "suggestion",
};

export function problemList(goTo: (offset: number) => void): {
  element: HTMLElement;
  show: (problems: readonly Problem[]) => void;
} {
  const element = h("ul.iamlab-problems", { "aria-label": "Problems in the policy" });
  const show = (problems: readonly Problem[]) => {
    element.hidden = !problems.length;
    fill(
      element,
      ...problems.map((problem) =>
        h(
          "li",
          {},
          h(
            "button.iamlab-problem",
            { type: "button", "data-severity": problem.severity, onclick: () => goTo(problem.span[0]) },
            h("span.iamlab-place", {}, `${problem.line}:${problem.column}`),
            h("span.iamlab-severity", {}, WORDS[problem.severity] ?? problem.severity),
            h("span.iamlab-problem-text", {}, ...prose(problem.message)),
            h("code.iamlab-code", {}, problem.code),
          ),
        ),
      ),
    );
  };
  return { element, show };
}
