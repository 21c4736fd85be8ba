// CodeMirror with just the parts a JSON policy needs. It knows nothing of IAM: problems, completions and places to
// light come from outside.

import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  type CompletionSource,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, isolateHistory } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { Annotation, EditorState, Prec, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  tooltips,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { h, prose } from "../dom";
import { placesOf } from "../places";
import type { Fix, Problem, Span } from "../types";
import { WORDS } from "./problems";

/** Marks changes that come from Python, which are not to be sent back to it. */
const fromPython = Annotation.define<boolean>();

const light = StateEffect.define<{ from: number; to: number }[]>();

const litPlaces = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let now = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(light)) now = Decoration.set(effect.value.flatMap((span) => marksOf(transaction.state, span)), true);
    }
    return now;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const litLine = Decoration.line({ class: "iamlab-lit-line" });
const litText = Decoration.mark({ class: "iamlab-lit" });

/** A place within a line is marked itself; a longer one, say a statement, as whole lines. */
function marksOf(state: EditorState, { from, to }: { from: number; to: number }) {
  const [first, last] = [state.doc.lineAt(from), state.doc.lineAt(to)];
  if (first.number === last.number) return from < to ? [litText.range(from, to)] : [];
  const lines = [];
  for (let n = first.number; n <= last.number; n++) lines.push(litLine.range(state.doc.line(n).from));
  return lines;
}

// Classes and not colours: style.css maps them to the colours of JupyterLab's own editor, light and dark.
const highlighting = HighlightStyle.define([
  { tag: tags.propertyName, class: "iamlab-tok-property" },
  { tag: tags.string, class: "iamlab-tok-string" },
  { tag: tags.number, class: "iamlab-tok-number" },
  { tag: [tags.bool, tags.null], class: "iamlab-tok-atom" },
  { tag: [tags.separator, tags.brace, tags.squareBracket], class: "iamlab-tok-punctuation" },
  { tag: tags.invalid, class: "iamlab-tok-error" },
]);

const SEVERITY: Record<Problem["severity"], Diagnostic["severity"]> = {
  error: "error",
  security_warning: "warning",
  warning: "warning",
  suggestion: "info",
};

/** The part of an element that is in the window. */
function space(frame: HTMLElement) {
  const { top, left, bottom, right } = frame.getBoundingClientRect();
  return {
    top: Math.max(0, top),
    left: Math.max(0, left),
    bottom: Math.min(window.innerHeight, bottom),
    right: Math.min(window.innerWidth, right),
  };
}

/** What the tooltip of a marked place says. */
function told(problem: Problem): HTMLElement {
  return h(
    "div.iamlab-told",
    { "data-severity": problem.severity },
    h("p", {}, h("span.iamlab-severity", {}, WORDS[problem.severity] ?? problem.severity), " ", ...prose(problem.message)),
    problem.why && h("p.iamlab-why", {}, ...prose(problem.why)),
    h(
      "p.iamlab-why",
      {},
      h("code.iamlab-code", {}, problem.code),
      " ",
      problem.learn_more &&
        h("a", { href: problem.learn_more, target: "_blank", rel: "noopener noreferrer" }, "AWS's page"),
    ),
  );
}

export interface TextEditorOptions {
  text: string;
  label: string;
  home: Document | ShadowRoot;
  frame: HTMLElement;
  edited: () => void;
  save: () => void;
  leave: () => void;
  complete: CompletionSource;
}

export class TextEditor {
  readonly view: EditorView;

  constructor(parent: HTMLElement, options: TextEditorOptions) {
    this.view = new EditorView({
      parent,
      root: options.home,
      state: EditorState.create({
        doc: options.text,
        extensions: [
          lineNumbers(),
          lintGutter(),
          history(),
          drawSelection(),
          highlightSpecialChars(),
          highlightActiveLine(),
          indentOnInput(),
          indentUnit.of("    "),
          bracketMatching(),
          closeBrackets(),
          // JupyterLab cuts off what reaches out of an output: tooltips keep to the widget.
          tooltips({ tooltipSpace: () => space(options.frame) }),
          autocompletion({ override: [options.complete], icons: false }),
          json(),
          syntaxHighlighting(highlighting),
          litPlaces,
          // Tab is left to the browser: who edits with the keyboard alone can go on to the verdicts.
          keymap.of([
            { key: "Mod-s", preventDefault: true, run: () => (options.save(), true) },
            ...closeBracketsKeymap,
            ...completionKeymap,
            ...lintKeymap,
            ...historyKeymap,
            ...defaultKeymap,
          ]),
          // Last: Escape first closes a list of completions or a tooltip.
          Prec.lowest(keymap.of([{ key: "Escape", run: () => (options.leave(), true) }])),
          EditorView.contentAttributes.of({ "aria-label": options.label, spellcheck: "false" }),
          EditorView.lineWrapping,
          EditorView.updateListener.of((update) => {
            const theirs = update.transactions.some((transaction) => transaction.annotation(fromPython));
            if (update.docChanged && !theirs) options.edited();
          }),
        ],
      }),
    });
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  /** Take over a text; undo brings the previous one back. */
  setText(text: string, theirs = true): void {
    if (text === this.text) return;
    this.view.dispatch({
      changes: { from: 0, to: this.view.state.doc.length, insert: text },
      // A step of its own, however shortly after a key it comes.
      annotations: [isolateHistory.of("full"), ...(theirs ? [fromPython.of(true)] : [])],
    });
  }

  setProblems(problems: readonly Problem[]): void {
    const about = this.text;
    const place = placesOf(about);
    const end = this.view.state.doc.length;
    const diagnostics = problems.map((problem): Diagnostic => {
      let [from, to] = [place(problem.span[0]), place(problem.span[1])];
      // What is missing has no width of its own: mark the character before it.
      if (from === to) [from, to] = to < end ? [from, to + 1] : [Math.max(0, from - 1), to];
      const fix = problem.fix;
      return {
        from,
        to,
        severity: SEVERITY[problem.severity] ?? "error",
        message: problem.message,
        markClass: `iamlab-marked-${problem.severity}`,
        renderMessage: () => told(problem),
        actions: fix ? [{ name: fix.title.replaceAll("`", ""), apply: () => this.mend(fix, about) }] : [],
      };
    });
    this.view.dispatch(setDiagnostics(this.view.state, diagnostics));
  }

  /** Make a fix's change, one step of undo; not if the text has become another than the one it was made for. */
  mend(fix: Fix, about: string): void {
    if (this.text !== about) return;
    const place = placesOf(about);
    const changes = fix.edits.map(({ span, text }) => ({ from: place(span[0]), to: place(span[1]), insert: text }));
    this.view.dispatch({ changes, annotations: isolateHistory.of("full"), scrollIntoView: true });
    this.view.focus();
  }

  light(spans: readonly Span[], scroll = false): void {
    const place = placesOf(this.text);
    const places = spans.map(([from, to]) => ({ from: place(from), to: place(to) }));
    const effects: StateEffect<unknown>[] = [light.of(places)];
    if (scroll && places[0]) effects.push(EditorView.scrollIntoView(places[0].from, { y: "nearest", yMargin: 40 }));
    this.view.dispatch({ effects });
  }

  goTo(offset: number): void {
    this.view.dispatch({ selection: { anchor: placesOf(this.text)(offset) }, scrollIntoView: true });
    this.view.focus();
  }
}
