// Elements are made here and nowhere else. Text only ever becomes a text node: nothing a policy, an ARN or an
// error message contains can turn into markup.

import type { Prose } from "./types";

export type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: any) => void)>;

/** `h("button.iamlab-x", { onclick }, "Save")`: tag and classes, attributes (`on…` are listeners), children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  what: K | `${K}.${string}`,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag as K);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  fill(element, ...children);
  return element;
}

export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...children.filter((child): child is Node | string => !!child));
}

/** The engine's sentences put names and values in backticks; here they become code. */
export function prose(text: string): Child[] {
  return text.split("`").map((piece, index) => (index % 2 ? h("code.iamlab-value", {}, piece) : piece));
}

const TAGS = new Set(["p", "ul", "ol", "li", "blockquote", "pre", "table", "tr", "th", "td", "code", "strong", "em"]);

/** Python's prose as elements. A tag that is not one of ours is drawn as plain text around its children. */
export function written(nodes: Prose[]): Child[] {
  return nodes.map((node) => {
    if (typeof node === "string") return node;
    const [tag, ...children] = node;
    const name = (typeof tag === "string" && TAGS.has(tag) ? tag : "span") as "span";
    return h(tag === "code" ? "code.iamlab-value" : name, {}, ...written(children));
  });
}

/** Keys move through a group of buttons of which one can be reached by Tab (WAI-ARIA's roving tabindex). */
export function roving(group: HTMLElement, selector: string, choose: (element: HTMLElement) => void): void {
  const step: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  group.addEventListener("keydown", (event) => {
    const members = [...group.querySelectorAll<HTMLElement>(selector)];
    const at = members.indexOf(document.activeElement as HTMLElement);
    if (at < 0) return;
    let next: number | null = null;
    if (event.key in step) next = (at + step[event.key]! + members.length) % members.length;
    else if (event.key === "Home") next = 0;
    else if (event.key === "End") next = members.length - 1;
    if (next === null) return;
    event.preventDefault();
    members[next]!.focus();
    choose(members[next]!);
  });
}

let ids = 0;
export const freshId = (): string => `iamlab-${++ids}`;

/** Where style sheets for the element belong: a shadow root around it, else the document (JupyterLab's case, where
 *  an output may not be attached yet while it is drawn). */
export function homeOf(element: Element): Document | ShadowRoot {
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? root : document;
}

export function adoptStyle(element: Element, css: string): void {
  const root = homeOf(element);
  const home = root instanceof ShadowRoot ? root : root.head;
  if (home.querySelector("style[data-iamlab]")) return;
  const style = document.createElement("style");
  style.dataset.iamlab = "";
  style.textContent = css;
  home.append(style);
}
