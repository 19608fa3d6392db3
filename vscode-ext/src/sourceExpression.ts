// Which expression a user points at. Knows no VS Code.
import type { Language } from './languages';
import { tokensOf, type Token } from './sourceTokens';

/**
 * The expression that ends with the word at a column of a line, with what it is a member of: in `a[i]->b.c`, `a[i]->b` for `b`.
 * Undefined where there is none, or where showing it would call a function or change something.
 */
export function expressionAt(line: string, column: number, language: Language): { begin: number; end: number } | undefined {
  const tokens = tokensOf(line, language);
  const at = tokens.findIndex(({ begin, end, isName }) => isName && begin <= column && column < end);
  const word = tokens[at];
  if (!word || (!isMember(tokens, at) && (/^\d/.test(word.text) || language.keywords.has(word.text))))
    return undefined;
  const first = beginOf(tokens, at);
  return first === undefined || hasEffects(tokens.slice(first, at)) ? undefined : { begin: tokens[first]!.begin, end: word.end };
}

const isMember = (tokens: readonly Token[], at: number): boolean => ['.', '->', '::'].includes(tokens[at - 1]?.text ?? '');

/** The first token of the expression that ends with the one at `at`; undefined: it is a member of what a call returns, or begins on another line. */
function beginOf(tokens: readonly Token[], at: number): number | undefined {
  let first = at;
  while (isMember(tokens, first)) {
    let left = first - 2;
    while (tokens[left]?.text === ']')
      left = partner(tokens, left, '[', ']') - 1;
    const token = tokens[left];
    if (token?.text === ')')
      return beginOfGroup(tokens, left);
    if (!token?.isName)
      return tokens[first - 1]!.text === '::' && left === first - 2 ? first - 1 : undefined;
    first = left;
  }
  return first;
}

function beginOfGroup(tokens: readonly Token[], closing: number): number | undefined {
  const opening = partner(tokens, closing, '(', ')');
  const callee = tokens[opening - 1];
  const isCall = callee !== undefined && (callee.isName ? !/^(?:return|if|while|in|match|case|and|or|not)$/.test(callee.text) : /^[>\])]$/.test(callee.text));
  return opening < 0 || isCall ? undefined : opening;
}

function partner(tokens: readonly Token[], at: number, opening: string, closing: string): number {
  let open = 0;
  for (let i = at; i >= 0; i--) {
    const { text } = tokens[i]!;
    open += text === closing ? 1 : text === opening ? -1 : 0;
    if (open === 0)
      return i;
  }
  return -1;
}

function hasEffects(tokens: readonly Token[]): boolean {
  return tokens.some(({ text, begin, end, isName }, i) => {
    const joins = (other: Token | undefined, marks: RegExp): boolean =>
      other !== undefined && (other.begin === end || other.end === begin) && marks.test(other.text);
    const [previous, next] = [tokens[i - 1], tokens[i + 1]];
    return (isName && next?.text === '(') || (/^[+-]$/.test(text) && next?.text === text && next.begin === end) ||
      (text === '=' && !joins(previous, /^[=!<>]$/) && !joins(next, /^=$/));
  });
}
