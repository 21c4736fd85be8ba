// Python counts characters (code points), CodeMirror counts UTF-16 units: an emoji in a Sid is one and two.

/** Turns Python's offsets into `text` to CodeMirror's. */
export function placesOf(text: string): (offset: number) => number {
  if (!/[\ud800-\udbff]/.test(text)) return (offset) => Math.max(0, Math.min(offset, text.length));
  const starts: number[] = [];
  for (let unit = 0; unit < text.length; unit += text.codePointAt(unit)! > 0xffff ? 2 : 1) starts.push(unit);
  starts.push(text.length);
  return (offset) => starts[Math.max(0, Math.min(offset, starts.length - 1))]!;
}
