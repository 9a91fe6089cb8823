/** The `html` template of a cell: text is escaped, nodes and lists of nodes are put where they stand. */

const escapeText = (value: unknown): string =>
  String(value).replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);

/** @returns the only element, or a span around several */
export function html(strings: TemplateStringsArray, ...values: readonly unknown[]): Node {
  const nodes: Node[] = [];
  const place = (value: unknown): string => {
    if (value === undefined || value === null || value === false) return '';
    if (Array.isArray(value)) return value.map(place).join('');
    if (value instanceof Node) return `<i data-place="${String(nodes.push(value) - 1)}"></i>`;
    return escapeText(value);
  };
  const template = document.createElement('template');
  template.innerHTML = strings
    .map((part, index) => part + (index < values.length ? place(values[index]) : ''))
    .join('')
    .trim();
  for (const marker of template.content.querySelectorAll<HTMLElement>('[data-place]')) {
    const node = nodes[Number(marker.dataset['place'])];
    if (node !== undefined) marker.replaceWith(node);
  }
  const only = template.content.childNodes.length === 1 ? template.content.firstChild : undefined;
  if (only instanceof Element) return only;
  const span = document.createElement('span');
  span.append(template.content);
  return span;
}
