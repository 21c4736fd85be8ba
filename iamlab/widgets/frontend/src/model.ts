// What the front end needs of anywidget's model, and a question-and-answer on top of its one-way messages.

export interface Model {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, callback: (...args: any[]) => void): void;
  off(event: string, callback: (...args: any[]) => void): void;
  send(content: unknown): void;
}

/** Things to undo when a view goes away; anywidget calls what `render` returns. */
export class Cleanup {
  #tasks: (() => void)[] = [];
  add(task: () => void): void {
    this.#tasks.push(task);
  }
  on(model: Model, event: string, callback: (...args: any[]) => void): void {
    model.on(event, callback);
    this.add(() => model.off(event, callback));
  }
  run(): void {
    for (const task of this.#tasks.splice(0).reverse()) task();
  }
}

let asked = 0;
const page = Math.random().toString(36).slice(2);

/**
 * Ask Python and wait for its answer; null when none comes in time (the kernel is busy, or gone).
 * The waiting is bounded so that a stopped kernel never leaves a view waiting for ever.
 */
export function ask<T>(model: Model, kind: string, body: object = {}, patience = 20_000): Promise<T | null> {
  const id = `${page}:${++asked}`;
  return new Promise((resolve) => {
    const done = (answer: T | null) => {
      clearTimeout(timer);
      model.off("msg:custom", hear);
      resolve(answer);
    };
    const hear = (content: { id?: string; answer?: T } | null) => {
      if (content?.id === id) done(content.answer ?? null);
    };
    const timer = setTimeout(() => done(null), patience);
    model.on("msg:custom", hear);
    model.send({ kind, id, ...body });
  });
}

/** A name for one edit in one page, which Python repeats in its report about that edit. */
export function editName(): string {
  return `${page}:${++asked}`;
}
