// The decision view: the verdict in words, the request, then the walk through the layers.

import { h, prose } from "./dom";
import type { Cleanup, Model } from "./model";
import { TraceView } from "./trace/view";
import type { TraceData } from "./types";

export function verdictBanner(data: TraceData): HTMLElement {
  const { principal, action, resource, context } = data.request;
  return h(
    "div.iamlab-banner",
    { "data-allowed": String(data.allowed) },
    h(
      "p.iamlab-banner-verdict",
      {},
      h("span.iamlab-mark", { "aria-hidden": "true" }, data.allowed ? "✓" : "✕"),
      h("strong", {}, data.allowed ? "Allowed" : "Denied"),
      data.outcome === "ImplicitlyDenied" && h("span.iamlab-muted", {}, " nothing allows it"),
      data.outcome === "ExplicitlyDenied" && h("span.iamlab-muted", {}, " a Deny statement says so"),
    ),
    h(
      "dl.iamlab-request",
      {},
      ...fact("who", principal),
      ...fact("action", action),
      ...fact("resource", resource),
      ...(context.length ? fact("context", context.map(([key, value]) => `${key} = ${value}`).join("\n")) : []),
    ),
    data.message && h("p.iamlab-message", {}, data.message),
  );
}

function fact(name: string, value: string): HTMLElement[] {
  return [h("dt", {}, name), h("dd", {}, value)];
}

export function renderDecision(model: Model, root: HTMLElement, cleanup: Cleanup): void {
  root.classList.add("iamlab-decision");
  const trace = new TraceView();
  const show = () => {
    const data = model.get("_trace") as TraceData;
    trace.show(data);
    root.replaceChildren(
      verdictBanner(data),
      h("p.iamlab-explanation", {}, ...prose(data.explanation)),
      trace.element,
    );
  };
  cleanup.on(model, "change:_trace", show);
  show();
}
