/** Text as it may stand in HTML and SVG. */
export function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

type Attributes = Readonly<Record<string, string | number>>;

/** One element, with children that are markup already. */
export function element(name: string, attributes: Attributes = {}, ...children: string[]): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(formatAttribute(value))}"`);
  return `<${name}${list.join("")}>${children.join("")}</${name}>`;
}

/** A piece of text at a place. */
export function label(text: string, x: number, y: number, attributes: Attributes = {}): string {
  return element("text", { x, y, ...attributes }, escape(text));
}

/** The text for a pointer that rests on its parent. */
export function tooltip(text: string): string {
  return element("title", {}, escape(text));
}

function formatAttribute(value: string | number): string {
  return typeof value === "number" ? String(Number(value.toFixed(2))) : value;
}
