// One decision, to walk through: the layers that AWS asks as stations in a row; a station opens its policies, a
// policy its statements, a statement its elements and conditions with the reason each matched or did not.
// Used by the decision view and, below the verdicts, by the policy editor.

import { fill, freshId, h, prose, roving } from "../dom";
import { placesOf } from "../places";
import type { LayerData, PartData, PolicyData, Span, StatementData, TraceData } from "../types";

const MARKS: Record<LayerData["verdict"], string> = { allowed: "✓", denied: "✕", silent: "–", absent: "·" };

export interface TraceOptions {
  /** Called with the place of what the reader points at, when that stands in the edited policy. */
  point?: (span: Span | null) => unknown;
}

export class TraceView {
  readonly element: HTMLElement = h("div.iamlab-trace");
  #options: TraceOptions;
  #layer: string | null = null;

  constructor(options: TraceOptions = {}) {
    this.#options = options;
  }

  show(data: TraceData): void {
    const panel = h("div.iamlab-panel", { role: "tabpanel", id: freshId(), tabindex: 0 });
    const tabs = h("div.iamlab-stations", { role: "tablist", "aria-label": "The layers AWS asks" });
    const buttons = new Map<string, HTMLButtonElement>();

    const open = (layer: LayerData) => {
      this.#layer = layer.layer;
      for (const [name, button] of buttons) {
        const chosen = name === layer.layer;
        button.setAttribute("aria-selected", String(chosen));
        button.tabIndex = chosen ? 0 : -1;
      }
      panel.setAttribute("aria-labelledby", buttons.get(layer.layer)!.id);
      fill(panel, ...this.#layerBody(layer));
    };

    for (const layer of data.layers) {
      const button = h(
        `button.iamlab-station.iamlab-is-${layer.verdict}` as "button.x",
        {
          role: "tab",
          type: "button",
          id: freshId(),
          "aria-controls": panel.id,
          "data-layer": layer.layer,
          "data-decided": String(layer.decided),
          onclick: () => open(layer),
        },
        h("span.iamlab-dot", { "aria-hidden": "true" }, MARKS[layer.verdict]),
        h("span.iamlab-station-title", {}, layer.title),
        h("span.iamlab-station-outcome", {}, layer.outcome),
      );
      buttons.set(layer.layer, button);
      tabs.append(button);
    }
    roving(tabs, "[role=tab]", (element) => element.click());

    const first =
      data.layers.find((layer) => layer.layer === this.#layer) ??
      data.layers.find((layer) => layer.decided) ??
      data.layers.find((layer) => layer.applies) ??
      data.layers[0];
    fill(this.element, tabs, panel);
    if (first) open(first);
  }

  #layerBody(layer: LayerData): HTMLElement[] {
    const body: HTMLElement[] = [];
    if (layer.note) body.push(h("p.iamlab-note", {}, ...prose(layer.note)));
    body.push(...layer.policies.map((policy) => this.#policy(policy)));
    if (!body.length) body.push(h("p.iamlab-note", {}, "Nothing stands in this layer."));
    return body;
  }

  #policy(policy: PolicyData): HTMLElement {
    return h(
      "section.iamlab-policy",
      {},
      h("h4.iamlab-policy-title", { title: policy.arn || null }, policy.title),
      ...policy.statements.map((statement) => this.#statement(policy, statement)),
    );
  }

  #statement(policy: PolicyData, statement: StatementData): HTMLElement {
    const excerpt = policy.edited || !statement.span ? null : new Excerpt(policy.text, statement.span);
    const point = (span: Span | null) => {
      excerpt?.light(span);
      if (policy.edited) this.#options.point?.(span);
    };
    const details = h(
      "details.iamlab-statement",
      { open: statement.decided || statement.compared, "data-matched": String(statement.matched) },
      h(
        "summary",
        { onclick: () => point(statement.span) },
        h("span.iamlab-mark", { "aria-hidden": "true" }, statement.matched ? "✓" : "–"),
        h("span.iamlab-effect", { "data-effect": statement.effect }, statement.effect),
        ` ${statement.label} `,
        h("span.iamlab-muted", {}, summaryOf(statement)),
      ),
      h("ul.iamlab-parts", {}, ...statement.parts.map((part) => this.#part(part, statement, point))),
      excerpt?.element,
    );
    return details;
  }

  #part(part: PartData, statement: StatementData, point: (span: Span | null) => void): HTMLElement {
    const back = () => point(statement.span);
    const word = part.matched === null ? "not asked" : part.matched ? "matches" : "does not match";
    return h(
      "li.iamlab-part",
      { "data-matched": String(part.matched), onmouseenter: () => point(part.span), onmouseleave: back },
      h(
        "button.iamlab-part-name",
        { type: "button", onfocus: () => point(part.span), onblur: back, onclick: () => point(part.span) },
        h("span.iamlab-mark", { "aria-hidden": "true" }, part.matched === null ? "·" : part.matched ? "✓" : "✕"),
        part.operator ? `${part.operator} ${part.key}` : part.element,
        h("span.iamlab-sr", {}, ` ${word}: `),
      ),
      h("span.iamlab-part-reason", {}, ...prose(part.reason)),
    );
  }
}

function summaryOf(statement: StatementData): string {
  if (statement.matched) return "matches the request";
  const failed = statement.parts.filter((part) => part.matched === false);
  if (!failed.length) return "does not apply";
  const names = [...new Set(failed.map((part) => part.key || part.element))];
  return `does not match: ${names.join(", ")}`;
}

/** The text of one statement, without the indentation it has in its policy, one part of it lit. */
class Excerpt {
  readonly element = h("pre.iamlab-excerpt");
  #text: string;
  #start: number;
  #place: (offset: number) => number;

  constructor(policy: string, span: Span) {
    this.#place = placesOf(policy);
    this.#start = this.#place(span[0]);
    this.#text = policy.slice(this.#start, this.#place(span[1]));
    this.light(null);
  }

  light(span: Span | null): void {
    const [from, to] = span ? span.map((offset) => this.#place(offset) - this.#start) : [0, 0];
    const whole = !span || (from! <= 0 && to! >= this.#text.length);
    const indent = Math.min(
      ...this.#text.split("\n").slice(1).map((line) => (line.trim() ? line.search(/\S/) : Infinity)),
    );
    // The first line starts at its brace already; the others lose the indentation of the closing brace.
    const outdent = (text: string) =>
      Number.isFinite(indent) && indent ? text.replace(new RegExp(`\n {1,${indent}}`, "g"), "\n") : text;
    if (whole) return fill(this.element, outdent(this.#text));
    fill(
      this.element,
      outdent(this.#text.slice(0, from)),
      h("mark", {}, outdent(this.#text.slice(from, to))),
      outdent(this.#text.slice(to)),
    );
  }
}
