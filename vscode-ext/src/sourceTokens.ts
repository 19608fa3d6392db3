// Just enough of the languages with braces to tell which words of a source name variables. Knows no VS Code.
import type { Language } from './languages';

export interface Word {
  readonly name: string;
  readonly line: number;
  readonly column: number;
}

export interface Outline {
  /** Words that can name variables, in the order of the source. */
  readonly words: readonly Word[];
  /** Outermost functions, in the order of the source, from the first line of the header to the closing brace. */
  readonly functions: readonly { readonly begin: number; readonly end: number }[];
}

// One token at a time. What can hide others comes first; \\ begins a line of text in Zig.
const tokenPattern = new RegExp([
  String.raw`(?<comment>//[^\n]*|\\\\[^\n]*)`,
  String.raw`(?<block>/\*)`,
  String.raw`(?<raw>\b(?:u8|[uUL])?R"(?<fence>[^()\\\s]{0,16})\(|\bb?r(?<hashes>#*)")`,
  String.raw`(?<long>"""[^]*?"""|\u0060[^\u0060]*\u0060)`,
  String.raw`(?<text>")`,
  String.raw`(?<character>'(?:\\(?:u\{[0-9a-fA-F_]*\}|x[0-9a-fA-F]+|[^])|[^'\\\n])')`,
  String.raw`(?<number>\d(?:[eEpP][+-]|'?\w|\.(?![.A-Za-z_]))*)`,
  String.raw`(?<word>[A-Za-z_$\u0080-\uffff][\w$\u0080-\uffff]*)`,
  String.raw`(?<mark>->|::|[^\s])`,
].join('|'), 'g');

/** Begins of what is no function although it may have parentheses. */
const typeWords = /^(?:namespace|class|impl|trait|mod|interface|protocol|extension)$/;
/** The word behind these names no variable. */
const tagWords = /^(?:struct|union|enum|class|goto|namespace|fn|func|mod|trait|impl)$/;
/** Behind a word: it is called, or qualifies another one. */
const callPattern = /\s*(?:\(|!\s*[([{]|::|<[\w:<>,&*' ]{0,200}>\s*\()/y;

/** Reads a source. Of broken code, what was understood. */
export function outline(source: string, language: Language): Outline {
  const reader = new Reader(source, language);
  reader.run();
  return { words: reader.words, functions: reader.functions };
}

export interface Token {
  readonly text: string;
  readonly begin: number;
  readonly end: number;
  readonly isName: boolean;
}

/** Words, numbers and marks of a line; texts and comments are left out. */
export function tokensOf(line: string, language: Language): Token[] {
  const tokens: Token[] = [];
  new Reader(line, language, tokens).run();
  return tokens;
}

class Reader {
  readonly words: Word[] = [];
  readonly functions: { begin: number; end: number }[] = [];
  private line = 0;
  private lineBegin = 0;
  private lineEnd: number;
  private before = '';
  private braces = 0;
  private parentheses = 0;
  /** How many braces were open with that of the function that is being read; 0: outside of any. */
  private depth = 0;
  // Of the statement, or the header of a block, that is being read:
  private first: number | undefined;
  private hasParameters = false;
  private isOfType = false;

  constructor(private readonly source: string, private readonly language: Language, private readonly tokens?: Token[]) {
    this.lineEnd = this.endOfLine(0);
  }

  run(): void {
    const pattern = new RegExp(tokenPattern);
    for (let match = pattern.exec(this.source); match; match = pattern.exec(this.source)) {
      this.countLines(match.index);
      pattern.lastIndex = this.take(match[0], match.index, match.groups!);
    }
  }

  private countLines(end: number): void {
    for (; this.lineEnd < end; this.lineEnd = this.endOfLine(this.lineBegin)) {
      this.line++;
      this.lineBegin = this.lineEnd + 1;
    }
  }

  private endOfLine(from: number): number {
    const at = this.source.indexOf('\n', from);
    return at < 0 ? Infinity : at;
  }

  /** Handles a token; gives where the next one may begin. */
  private take(token: string, begin: number, groups: Record<string, string | undefined>): number {
    const end = begin + token.length;
    if (groups['comment'] !== undefined)
      return end;
    if (groups['block'] !== undefined)
      return this.endOfComment(end);
    if (token === '#' || token === '@' || (token === "'" && this.language.hasLifetimes))
      return this.endOfForeign(token, begin);
    const isName = groups['word'] !== undefined || groups['number'] !== undefined;
    if (isName || groups['mark'] !== undefined)
      this.tokens?.push({ text: token, begin, end, isName });
    if (groups['word'] !== undefined)
      this.takeWord(token, begin);
    else if (groups['mark'] !== undefined)
      this.takeMark(token, begin);
    else
      this.first ??= this.line;
    this.before = token;
    if (groups['raw'] !== undefined)
      return this.endBehind(groups['fence'] !== undefined ? `)${groups['fence']}"` : `"${groups['hashes'] ?? ''}`, end);
    return groups['text'] !== undefined || token === "'" ? this.endOfText(token, end) : end;
  }

  private takeWord(name: string, begin: number): void {
    this.first ??= this.line;
    if (typeWords.test(name) && !this.hasParameters && this.before !== '<' && this.before !== ',')
      this.isOfType = true;
    callPattern.lastIndex = begin + name.length;
    const isMember = this.before === '.' || this.before === '->' || this.before === '::';
    if (!isMember && !tagWords.test(this.before) && !this.language.keywords.has(name) && !callPattern.test(this.source))
      this.words.push({ name, line: this.line, column: begin - this.lineBegin });
  }

  private takeMark(mark: string, begin: number): void {
    if (mark === '{')
      return this.open();
    if (mark === '}')
      return this.close(begin === this.lineBegin);
    if (mark === ';' && this.parentheses === 0)
      return this.endStatement();
    this.first ??= this.line;
    if (mark === '(') {
      this.parentheses++;
      this.hasParameters = true;
    } else if (mark === ')') {
      this.parentheses = Math.max(0, this.parentheses - 1);
    }
  }

  private open(): void {
    this.braces++;
    if (this.depth === 0 && this.hasParameters && !this.isOfType) {
      this.depth = this.braces;
      this.functions.push({ begin: this.first ?? this.line, end: Infinity });
    }
    this.endStatement();
  }

  private close(isAtLineBegin: boolean): void {
    // A brace at the begin of a line ends a function even where #if and #else have each opened one for it.
    if (this.depth > 0 && (this.braces <= this.depth || (isAtLineBegin && this.language.hasPreprocessor))) {
      this.functions.at(-1)!.end = this.line;
      this.braces = this.depth;
      this.depth = 0;
    }
    this.braces = Math.max(0, this.braces - 1);
    this.endStatement();
  }

  private endStatement(): void {
    this.first = undefined;
    this.hasParameters = false;
    this.isOfType = false;
    this.parentheses = 0;
  }

  /** Of a directive, an attribute, a builtin (@import, #file) or a lifetime. */
  private endOfForeign(mark: string, begin: number): number {
    if (mark === '#' && this.language.hasPreprocessor && this.source.slice(this.lineBegin, begin).trim() === '')
      return this.endOfDirective(begin + 1);
    return mark === '#' && /^!?\[/.test(this.source.slice(begin + 1, begin + 3)) ? this.endOfAttribute(begin + 1) : this.endOfWord(begin + 1);
  }

  private endBehind(what: string, from: number): number {
    const at = this.source.indexOf(what, from);
    return at < 0 ? this.source.length : at + what.length;
  }

  private endOfComment(from: number): number {
    let end = this.endBehind('*/', from);
    if (this.language.comment === 'flat')
      return end;
    for (let inner = this.source.indexOf('/*', from); inner >= 0 && inner < end - 2; inner = this.source.indexOf('/*', inner + 2))
      end = this.endBehind('*/', end);
    return end;
  }

  private endOfDirective(from: number): number {
    const pattern = /(?:\\\r?\n|[^\n])*/y;
    pattern.lastIndex = from;
    const text = pattern.exec(this.source)![0];
    const comment = text.lastIndexOf('/*');
    return comment >= 0 && !text.includes('*/', comment) ? this.endOfComment(from + comment + 2) : from + text.length;
  }

  private endOfAttribute(from: number): number {
    let open = 0;
    for (let at = from; at < this.source.length; at++)
      if (this.source[at] === '[')
        open++;
      else if (this.source[at] === ']' && --open === 0)
        return at + 1;
    return this.source.length;
  }

  private endOfWord(from: number): number {
    const pattern = /[\w$]*/y;
    pattern.lastIndex = from;
    return from + pattern.exec(this.source)![0].length;
  }

  private endOfText(quote: string, from: number): number {
    for (let at = from; at < this.source.length; at++)
      if (this.source[at] === '\\')
        at++;
      else if (this.source[at] === quote)
        return at + 1;
      else if (this.source[at] === '\n' && !this.language.hasLongStrings)
        return at;
    return this.source.length;
  }
}
