// What differs between the languages with braces, as far as finding variables in a source goes.

export interface Language {
  readonly keywords: ReadonlySet<string>;
  readonly comment: 'nested' | 'flat';
  /** Lines that begin with # are not of the language. */
  readonly hasPreprocessor: boolean;
  /** 'a may be a lifetime: a character is a single one. */
  readonly hasLifetimes: boolean;
  readonly hasLongStrings: boolean;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

const cKeywords = `alignas alignof asm auto bool break case catch char char8_t char16_t char32_t class concept const const_cast consteval constexpr
  constinit continue co_await co_return co_yield decltype default delete do double dynamic_cast else enum explicit export extern false float for friend
  goto if inline int int8_t int16_t int32_t int64_t intptr_t long mutable namespace new noexcept nullptr NULL operator private protected ptrdiff_t public
  register reinterpret_cast requires restrict return short signed size_t sizeof ssize_t static static_assert static_cast std struct switch template
  thread_local throw true try typedef typeid typename typeof uint8_t uint16_t uint32_t uint64_t uintptr_t union unsigned using va_list virtual void
  volatile wchar_t while _Alignas _Alignof _Atomic _Bool _Complex _Generic _Noreturn _Static_assert _Thread_local __attribute__ __restrict
  __device__ __global__ __host__ __shared__ id nil self_t YES NO`;
const rustKeywords = `as async await bool box break char const continue crate dyn else enum extern f32 f64 false fn for i8 i16 i32 i64 i128 if impl in isize
  let loop macro match mod move mut pub ref return static str struct super trait true type u8 u16 u32 u64 u128 union unsafe use usize where while yield
  Self Some None Ok Err Box Vec String Option Result std core alloc`;
const zigKeywords = `addrspace align allowzero and anyframe anytype asm async await bool break callconv catch comptime const continue defer else enum errdefer
  error export extern f16 f32 f64 f128 false fn for if inline i8 i16 i32 i64 i128 isize linksection noalias noinline nosuspend null opaque or orelse
  packed pub resume return struct suspend switch test threadlocal true try type u1 u8 u16 u32 u64 u128 undefined union unreachable usingnamespace usize
  var void volatile while std`;
const dKeywords = `abstract alias align asm assert auto bool break byte case cast catch char class const continue dchar debug default delegate delete deprecated
  do double else enum export extern false final finally float for foreach foreach_reverse function goto if immutable import in inout int interface
  invariant is lazy long mixin module new nothrow null out override package pragma private protected public pure real ref return scope shared short
  size_t static string struct super switch synchronized template throw true try typeid typeof ubyte uint ulong union unittest ushort version void wchar
  while with`;
const swiftKeywords = `actor any as associatedtype async await break case catch class continue convenience default defer deinit do else enum extension
  fallthrough false fileprivate final for func get guard if import in indirect infix init inout internal is lazy let mutating nil nonmutating open
  operator override postfix precedencegroup prefix private protocol public repeat required rethrows return self Self set some static struct subscript
  super switch throw throws true try typealias unowned var weak where while Int UInt Double Float String Bool Character Array Dictionary Set Any`;
const odinKeywords = `and asm auto_cast bit_set bool break case cast context continue cstring defer distinct do dynamic else enum f16 f32 f64 fallthrough false
  for foreign i8 i16 i32 i64 if import in int map matrix nil not_in or_break or_continue or_else or_return package proc rawptr return rune string struct
  switch transmute true typeid u8 u16 u32 u64 uint uintptr union using when where byte`;

const cLike: Language = { keywords: words(cKeywords), comment: 'flat', hasPreprocessor: true, hasLifetimes: false, hasLongStrings: false };

/** By the ids of VS Code. */
export const languages: ReadonlyMap<string, Language> = new Map([
  ...['c', 'cpp', 'objective-c', 'objective-cpp', 'cuda-cpp'].map((id): [string, Language] => [id, cLike]),
  ['rust', { keywords: words(rustKeywords), comment: 'nested', hasPreprocessor: false, hasLifetimes: true, hasLongStrings: true }],
  ['zig', { keywords: words(zigKeywords), comment: 'flat', hasPreprocessor: false, hasLifetimes: false, hasLongStrings: false }],
  ['d', { keywords: words(dKeywords), comment: 'flat', hasPreprocessor: false, hasLifetimes: false, hasLongStrings: true }],
  ['swift', { keywords: words(swiftKeywords), comment: 'nested', hasPreprocessor: true, hasLifetimes: false, hasLongStrings: false }],
  ['odin', { keywords: words(odinKeywords), comment: 'nested', hasPreprocessor: false, hasLifetimes: false, hasLongStrings: false }],
]);
