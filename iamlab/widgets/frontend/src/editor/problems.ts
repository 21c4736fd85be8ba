// What is to be said about the text, as a list: line:column, how bad, what, and the code AWS gives it. A click goes
// there; where a safe change mends it, a button makes the change.

import { fill, h, prose } from "../dom";
import type { Problem } from "../types";

export const WORDS: Record<Problem["severity"], string> = {
  error: "error",
  security_warning: "security warning",
  warning: "warning",
  suggestion: "suggestion",
};

export interface ProblemListOptions {
  goTo: (offset: number) => void;
  mend: (problem: Problem) => void;
}

export function problemList({ goTo, mend }: ProblemListOptions): {
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
          "li.iamlab-problem-row",
          {},
          h(
            "button.iamlab-problem",
            {
              type: "button",
              title: problem.why,
              "data-severity": problem.severity,
              onclick: () => goTo(problem.span[0]),
            },
            h("span.iamlab-place", {}, `${problem.line}:${problem.column}`),
            h("span.iamlab-severity", {}, WORDS[problem.severity] ?? problem.severity),
            h("span.iamlab-problem-text", {}, ...prose(problem.message)),
            h("code.iamlab-code", {}, problem.code),
          ),
          problem.fix &&
            h(
              "button.iamlab-button.iamlab-fix",
              { type: "button", "aria-label": `Fix: ${problem.fix.title}`, onclick: () => mend(problem) },
              ...prose(problem.fix.title),
            ),
        ),
      ),
    );
  };
  return { element, show };
}
