/** The element of the page with this id. */
export function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}
