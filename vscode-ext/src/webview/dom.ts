// Elements without innerHTML: what a program passes to the kernel is never markup.

type Properties<E> = Partial<Omit<E, 'style' | 'children'>> & { readonly attributes?: never };

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K, properties: Properties<HTMLElementTagNameMap[K]> = {}, ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  Object.assign(made, properties);
  made.append(...children);
  return made;
}

export function setText(node: Element, text: string): void {
  if (node.textContent !== text)
    node.textContent = text;
}

/** null: without it. */
export function setAttribute(node: Element, name: string, value: string | null): void {
  if (value === null)
    node.removeAttribute(name);
  else if (node.getAttribute(name) !== value)
    node.setAttribute(name, value);
}
