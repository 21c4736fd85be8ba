// The questions put to the policy and their answers, always on view while one types.

import { fill, h, roving } from "../dom";
import type { Report, Verdict } from "../types";

export interface VerdictListOptions {
  choose: (index: number | null) => void;
}

function words(verdict: Verdict): { mark: string; word: string; state: string } {
  if (verdict.allowed === null) return { mark: "?", word: "not asked", state: "unknown" };
  return verdict.allowed
    ? { mark: "✓", word: "allowed", state: "allowed" }
    : { mark: "✕", word: "denied", state: "denied" };
}

function wish(verdict: Verdict): HTMLElement | null {
  if (verdict.wished === null || verdict.agrees === null) return null;
  const text = verdict.agrees ? "as wished" : `should be ${verdict.wished ? "allowed" : "denied"}`;
  return h("span.iamlab-wish", { "data-agrees": String(verdict.agrees) }, text);
}

export class VerdictList {
  readonly element: HTMLElement;
  #summary = h("p.iamlab-summary", { role: "status", "aria-live": "polite" });
  #list = h("ul.iamlab-verdicts", { "aria-label": "What the policy answers" });
  #chosen: number | null = null;
  #choose: VerdictListOptions["choose"];

  constructor({ choose }: VerdictListOptions) {
    this.#choose = choose;
    this.element = h("div.iamlab-answers", {}, this.#summary, this.#list);
    roving(this.#list, "button", () => undefined);
  }

  get chosen(): number | null {
    return this.#chosen;
  }

  show(report: Report): void {
    if (this.#chosen !== null && this.#chosen >= report.verdicts.length) this.#chosen = null;
    // Keep the focus where it is while the rows are made anew.
    const focused = [...this.#list.querySelectorAll("button")].indexOf(document.activeElement as HTMLButtonElement);
    fill(this.#list, ...report.verdicts.map((verdict, index) => this.#row(verdict, index)));
    this.element.dataset.stale = String(report.stale);
    const text = summaryOf(report);
    if (this.#summary.textContent !== text) this.#summary.textContent = text;
    if (focused >= 0) this.#list.querySelectorAll("button")[focused]?.focus();
  }

  #row(verdict: Verdict, index: number): HTMLElement {
    const { mark, word, state } = words(verdict);
    const chosen = index === this.#chosen;
    const button = h(
      "button.iamlab-verdict",
      {
        type: "button",
        title: verdict.request,
        "aria-pressed": String(chosen),
        "data-state": state,
        "data-agrees": verdict.agrees === null ? null : String(verdict.agrees),
        tabindex: chosen || (this.#chosen === null && index === 0) ? 0 : -1,
        onclick: () => this.#toggle(index),
      },
      h("span.iamlab-mark", { "aria-hidden": "true" }, mark),
      h("span.iamlab-word", {}, word),
      h("span.iamlab-label", {}, verdict.label),
      wish(verdict),
      h("span.iamlab-reason", {}, verdict.reason),
    );
    return h("li", {}, button);
  }

  #toggle(index: number): void {
    this.#chosen = this.#chosen === index ? null : index;
    this.#list.querySelectorAll<HTMLElement>("button").forEach((button, at) => {
      button.setAttribute("aria-pressed", String(at === this.#chosen));
      button.tabIndex = at === (this.#chosen ?? index) ? 0 : -1;
    });
    this.#choose(this.#chosen);
  }
}

function summaryOf({ verdicts, stale, problems }: Report): string {
  if (stale) {
    const first = problems.find((problem) => problem.severity === "error");
    const where = first ? ` (line ${first.line}, column ${first.column})` : "";
    return verdicts.some((verdict) => verdict.allowed !== null)
      ? `The text is not a valid policy yet${where}. These answers are of the last valid one.`
      : `The text is not a valid policy yet${where}.`;
  }
  const wished = verdicts.filter((verdict) => verdict.agrees !== null);
  if (wished.length) return `${wished.filter((verdict) => verdict.agrees).length} of ${wished.length} as wished`;
  const allowed = verdicts.filter((verdict) => verdict.allowed === true).length;
  const denied = verdicts.filter((verdict) => verdict.allowed === false).length;
  return `${allowed} allowed, ${denied} denied`;
}
