// Private to engine/eval: tokens, the tree, numbers and the places of values.
//
// lexer.c, literal.c -> parser.c, type_parser.c -> expression.c (the tree and its public face) -> evaluate.c, lookup.c, operate.c;
// value.c, place.c, member.c, number.c, cast.c, assign.c know values and no trees; format*.c and children.c show them.
#pragma once

#include "base/vec.h"
#include "engine/eval/expression.h"

// ---- Tokens ------------------------------------------------------------------------------------------------------

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_DOLLAR, TOKEN_NUMBER, TOKEN_CHARACTER, TOKEN_STRING, TOKEN_OPERATOR };

#define OPERATOR2(a, b) ((a) << 8 | (b))
#define OPERATOR3(a, b, c) ((a) << 16 | (b) << 8 | (c))
enum {
	OPERATOR_ARROW = OPERATOR2('-', '>'),
	OPERATOR_INCREMENT = OPERATOR2('+', '+'),
	OPERATOR_DECREMENT = OPERATOR2('-', '-'),
	OPERATOR_SHIFT_LEFT = OPERATOR2('<', '<'),
	OPERATOR_SHIFT_RIGHT = OPERATOR2('>', '>'),
	OPERATOR_LESS_EQUAL = OPERATOR2('<', '='),
	OPERATOR_GREATER_EQUAL = OPERATOR2('>', '='),
	OPERATOR_EQUAL = OPERATOR2('=', '='),
	OPERATOR_NOT_EQUAL = OPERATOR2('!', '='),
	OPERATOR_AND = OPERATOR2('&', '&'),
	OPERATOR_OR = OPERATOR2('|', '|'),
	OPERATOR_SHIFT_LEFT_ASSIGN = OPERATOR3('<', '<', '='),
	OPERATOR_SHIFT_RIGHT_ASSIGN = OPERATOR3('>', '>', '='),
};

struct token {
	enum token_kind kind;
	int operator;          // the characters, packed; 0 for the other kinds
	const char *text;      // inside the expression's text
	unsigned length;
};
struct tokens {
	struct token *items;
	size_t count;
	size_t capacity;
};

// The tokens of `text`, ended by TOKEN_END; pushed on `tokens`.
struct error *lexer_run(const char *text, struct tokens *tokens);
bool lexer_is_name_start(char character);
bool lexer_is_name_part(char character);

struct error *literal_number(const char *text, const struct token *token, struct arena *arena, struct value *value_ret);
struct error *literal_character(const char *text, const struct token *token, struct arena *arena, struct value *value_ret);
// Appends one string literal's characters (each of `unit` bytes) without the terminator. *unit: 0 at first, then 1, 2 or 4.
struct error *literal_string(const char *text, const struct token *token, struct str *bytes, const struct type **element_ret);

// ERROR_INVALID "words at column N".
struct error *syntax_error(const char *text, const char *at, const char *format, ...) __attribute__((format(printf, 3, 4)));

// ---- The tree ----------------------------------------------------------------------------------------------------

enum node_kind {
	NODE_LITERAL, NODE_NAME, NODE_REGISTER, NODE_SPECIAL, NODE_UNARY, NODE_STEP, NODE_BINARY, NODE_LOGIC, NODE_CONDITIONAL,
	NODE_ASSIGN, NODE_COMMA, NODE_CAST, NODE_SIZEOF, NODE_MEMBER, NODE_MEMBER_NUMBER, NODE_INDEX, NODE_CALL, NODE_REPEAT,
};

enum binding_kind { BINDING_NONE, BINDING_VARIABLE, BINDING_THIS_MEMBER, BINDING_ENUMERATOR, BINDING_FUNCTION, BINDING_SYMBOL, BINDING_CONSTANT };

// What a name means at one place of the program.
struct binding {
	enum binding_kind kind;
	const struct modules *modules;      // the place that it was looked up for
	const struct function *function;
	uint64_t pc;
	const struct variable *variable;    // for members: `this`
	const struct type *type;
	uint64_t number;                    // the enumerator's value, the function's or symbol's address
};

struct node {
	enum node_kind kind;
	int operator;
	unsigned depth;
	unsigned column;                    // from 1, in the expression's text; of what expression_visit() tells
	bool is_prefix;                     // STEP
	bool is_reference;                  // CAST to T&
	bool is_dynamic;                    // CAST that looks at the object
	bool is_saturating;                 // CAST of Rust: what is too large becomes the largest
	bool is_string;                     // LITERAL
	struct node *a, *b, *c;
	struct node **arguments;            // CALL
	size_t argument_count;
	const struct type *type;            // CAST
	const char *name;                   // NAME, MEMBER
	const char *special;                // SPECIAL and its members: the dotted name ("$arg.fd")
	unsigned number;                    // MEMBER_NUMBER
	const struct register_desc *register_desc;
	struct value literal;
	struct binding binding;
};

enum { EXPRESSION_LENGTH_LIMIT = 64 * 1024, EXPRESSION_DEPTH_LIMIT = 256 };

struct parser {
	const char *text;
	const struct eval_context *context;   // may be NULL
	struct arena *arena;                  // the expression's
	struct tokens tokens;
	size_t at;
	unsigned depth;
	bool has_side_effects;
	struct value_format format;
};

// The whole text; the tree lives in parser->arena.
struct error *parser_run(struct parser *parser, struct node **node_ret);

// For type_parser.c.
static inline const struct token *parser_token(const struct parser *parser)
{
	return &parser->tokens.items[parser->at];
}
static inline bool parser_sees(const struct parser *parser, int operator)
{
	return parser_token(parser)->operator == operator;
}
bool parser_sees_name(const struct parser *parser, const char *name);
bool parser_accepts(struct parser *parser, int operator);
struct error *parser_expects(struct parser *parser, int operator, const char *words);
struct error *parser_error(const struct parser *parser, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct error *parser_enter(struct parser *parser);   // one level deeper; ERROR_INVALID if that is too deep
void parser_leave(struct parser *parser);
unsigned parser_column(const struct parser *parser);   // of the present token
// The name at the present token with its template arguments, if the program knows such a name; passes them. In the arena.
const char *parser_qualified_name(struct parser *parser);
// The grammar's levels; each passes what it read.
struct error *parser_comma(struct parser *parser, struct node **node_ret);
struct error *parser_assignment(struct parser *parser, struct node **node_ret);
struct error *parser_unary(struct parser *parser, struct node **node_ret);
struct error *parser_postfix(struct parser *parser, struct node **node_ret);
// ",[n]" behind *node, if it is there.
struct error *parser_count_suffix(struct parser *parser, struct node **node);
struct error *parser_make_node(struct parser *parser, enum node_kind kind, int operator, struct node *a, struct node *b,
			       struct node **node_ret);
struct error *parser_integer_node(struct parser *parser, const struct type *type, uint64_t number, struct node **node_ret);
// name_parser.c. Unquoted file.c::g if the program knows it, passed; else NULL.
const char *parser_file_variable(struct parser *parser);
const char *parser_unquote(struct parser *parser, const char *name);   // 'file.c'::g -> file.c::g
// Makes `end`, perhaps inside a token (">>" behind vec<vec<int), the start of the present one.
void parser_resume_at(struct parser *parser, const char *end);

// Whether a type begins at the present token: a keyword, or a name that is a type and no variable.
bool type_parser_sees_type(struct parser *parser);
// A type with an abstract declarator: "const char *[3]", "int (*)(int)", "T &" (then *is_reference_ret and type T).
struct error *type_parser_run(struct parser *parser, const struct type **type_ret, bool *is_reference_ret);
struct error *type_parser_name(struct parser *parser, const struct type **type_ret);   // without declarator
// "int", "unsigned long", "size_t", "u32": types that exist without debug information; NULL if it is none.
const struct type *builtin_named(const char *name);

struct error *node_visit(const struct node *node, expression_visit_fn visit, void *data);
struct error *node_evaluate(const struct eval_context *context, struct node *node, struct value *value_ret);

// lookup.c
struct error *name_evaluate(const struct eval_context *context, struct node *node, struct value *value_ret);
bool name_is_variable(const struct eval_context *context, const char *name);

// operate.c
struct error *operate_binary(const struct eval_context *context, int operator, struct value *a, struct value *b, struct value *value_ret);
struct error *operate_unary(const struct eval_context *context, int operator, struct value *a, struct value *value_ret);
struct error *operate_compare_strings(const struct eval_context *context, int operator, struct value *value, struct value *literal,
				      struct value *value_ret);
// Converts an arithmetic value to the common type of both; others stay as they are.
struct error *operate_common_type(const struct eval_context *context, struct value *value, const struct value *other);
// A comparison's result: int in C, bool elsewhere.
struct value truth_value(const struct eval_context *context, bool is_true);

// ---- Types -------------------------------------------------------------------------------------------------------

enum builtin {
	BUILTIN_VOID, BUILTIN_BOOL, BUILTIN_CHAR, BUILTIN_SIGNED_CHAR, BUILTIN_UNSIGNED_CHAR, BUILTIN_SHORT, BUILTIN_UNSIGNED_SHORT,
	BUILTIN_INT, BUILTIN_UNSIGNED_INT, BUILTIN_LONG, BUILTIN_UNSIGNED_LONG, BUILTIN_LONG_LONG, BUILTIN_UNSIGNED_LONG_LONG,
	BUILTIN_INT128, BUILTIN_UNSIGNED_INT128, BUILTIN_FLOAT, BUILTIN_DOUBLE, BUILTIN_LONG_DOUBLE,
	BUILTIN_WCHAR, BUILTIN_CHAR8, BUILTIN_CHAR16, BUILTIN_CHAR32, BUILTIN_INT8, BUILTIN_UINT8, BUILTIN_FLOAT16, BUILTIN_FLOAT128,
	BUILTIN_COUNT
};
// Static, so that nothing that unloads modules can take them away.
extern const struct type builtin_types[BUILTIN_COUNT];
static inline const struct type *builtin_type(enum builtin builtin)
{
	return &builtin_types[builtin];
}
// An integer type of that size (1, 2, 4, 8, 16).
const struct type *builtin_integer(uint64_t size, bool is_signed);
// A variable that only the ELF symbol table knows; and the whole of a vector register.
const struct type *undebugged_type(uint64_t size);
bool type_is_undebugged(const struct type *type);
const struct type *vector_register_type(unsigned size);
bool type_is_vector_register(const struct type *type);

const struct type *eval_strip(const struct type *type);    // typedefs, qualifiers, declarations; never NULL
uint64_t eval_size_of(const struct type *type);            // 0 if unknown
const struct type *eval_target(const struct type *type);   // of the stripped type; void if NULL
bool eval_is_signed(const struct type *type);
bool type_is_character(const struct type *type);           // of any size
const struct type *type_as_character(const struct type *type);   // the character type, C's wchar_t too; NULL if it is none
bool type_is_integral(const struct type *type);            // bool, char, integer, enum
bool type_is_class(const struct type *type);               // struct, class, union, through everything
bool type_is_same(const struct type *a, const struct type *b);
// Elements of an array, also of one whose bound is known at run time; flexible arrays: 0.
uint64_t eval_count(const struct eval_context *context, const struct type *type);
bool eval_is_flexible(const struct eval_context *context, const struct type *type);   // an array that nobody knows the size of
// "not a number: struct node" and the like: frees nothing, copies the type's name.
struct error *type_error(const struct type *type, const char *words);

// ---- Places ------------------------------------------------------------------------------------------------------

enum { VALUE_READ_LIMIT = 64 * 1024 * 1024, PLACE_REGISTER_SIZE = 64 };

struct error *place_read(const struct eval_context *context, const struct location *location, uint64_t size, uint8_t *bytes);
struct error *place_write_memory(const struct eval_context *context, uint64_t address, const void *bytes, uint64_t size);
struct error *place_write(const struct eval_context *context, const struct location *location, uint64_t size, const uint8_t *bytes);
struct location place_at(const struct eval_context *context, uint64_t address);
// The part [offset, offset + size) of an object; size 0: unknown.
struct location place_slice(const struct eval_context *context, const struct location *location, uint64_t offset, uint64_t size);
bool place_address(const struct location *location, uint64_t *address_ret);
void bits_copy(uint8_t *to, uint64_t to_bit, const uint8_t *from, uint64_t from_bit, uint64_t count);

// ---- Numbers -----------------------------------------------------------------------------------------------------

// A scalar in the widest type of its kind; integers are extended to 128 bits as their type says.
struct number {
	const struct type *type;   // stripped
	bool is_float;
	unsigned __int128 bits;
	long double real;
};

struct error *number_of(const struct eval_context *context, struct value *value, struct number *number_ret);
struct number number_load(const struct type *type, const uint8_t *bytes);       // a stripped scalar type
void number_store(const struct number *number, uint8_t *bytes);                 // eval_size_of (type) bytes, at most 16
struct number number_convert(struct number number, const struct type *type);
bool number_is_zero(const struct number *number);
struct value number_value(const struct eval_context *context, const struct number *number);
static inline struct number number_integer(const struct type *type, unsigned __int128 bits)
{
	return (struct number){ .type = type, .bits = bits };
}

// ---- Values ------------------------------------------------------------------------------------------------------

// A reference becomes what it refers to.
struct error *value_transparent(const struct eval_context *context, struct value *value);
// Arrays and functions become pointers, references their targets.
struct error *value_decay(const struct eval_context *context, struct value *value);
struct error *value_slice(const struct eval_context *context, struct value *value, const struct type *type, uint64_t offset,
			  struct value *part_ret);
// The subobject of class `base` (by identity or name), however deep. ERROR_NOT_FOUND.
struct error *value_base(const struct eval_context *context, struct value *value, const struct type *base, struct value *base_ret);
// Whether value_find_member() would find it, told without an object.
bool type_has_member(const struct type *type, const char *name);
// Where `base` lies in `type` without virtual bases; false if it is none of its bases.
bool type_base_offset(const struct type *type, const struct type *base, uint64_t *offset_ret);
struct error *variable_value(const struct eval_context *context, const struct variable *variable, struct value *value_ret);
struct error *register_value(const struct eval_context *context, const struct register_desc *desc, struct value *value_ret);
// The lanes of a vector register's value by name ("v4_float").
struct error *register_lanes(const struct eval_context *context, const struct value *value, const char *name, struct value *lanes_ret);
struct value register_lanes_of_kind(const struct value *value, const struct register_lane_kind *kind);
char *register_lanes_name(const struct eval_context *context, const struct value *value, const struct register_lane_kind *kind);

// The whole object at the address of one of its polymorphic subobjects, as its virtual table says; false without one.
bool value_whole_object(const struct eval_context *context, uint64_t address, struct value *object_ret);
struct error *value_dynamic_cast(const struct eval_context *context, struct value *value, const struct type *type, struct value *cast_ret);

// Rust: the member that is alive in an enum with variants; NULL if it cannot be told.
const struct type_member *variant_alive(const struct eval_context *context, struct value *value);

// ---- Formatting --------------------------------------------------------------------------------------------------

struct formatter {
	const struct eval_context *context;
	const struct value_format *format;
	struct str *text;
	size_t start;             // where the summary begins in text
	unsigned summary_limit;
	unsigned string_limit;
	unsigned depth;
	bool is_in_array;          // the dimensions of int a[2][3] are told once
};

void format_value(struct formatter *formatter, struct value *value);
void format_error(struct formatter *formatter, struct error *error);   // takes the error
void format_integer(struct formatter *formatter, const struct type *type, unsigned __int128 bits);
void format_scalar(struct formatter *formatter, struct value *value, const struct type *type);
void format_float(struct str *text, const struct type *type, const uint8_t *bytes);
void format_flags(struct formatter *formatter, struct value *value);
// Strings: characters of `element` size at an address or in bytes.
void format_string_at(struct formatter *formatter, const struct type *element, uint64_t address, uint64_t length, bool is_terminated);
void format_string_bytes(struct formatter *formatter, const struct type *element, const uint8_t *bytes, uint64_t count, bool is_cut);
void format_bytes(struct formatter *formatter, const uint8_t *bytes, uint64_t count);   // zeros within
// Library types with a better summary than their members; false if the value is none of them.
bool format_known(struct formatter *formatter, struct value *value, const struct type *type);
// The elements of a known sequence (vector, slice): the data as an array.
bool value_as_sequence(const struct eval_context *context, struct value *value, struct value *array_ret);
// Containers whose elements lie apart (elements.c); count is at most some millions.
struct elements {
	const struct library_type *library;
	struct value object;              // the container itself, behind its adaptors
	const struct type *element;       // NULL: each has its own
	const struct type *mapped;        // Rust's BTreeMap: of the values beside the keys
	uint64_t first, count, offset, extra;
	struct {
		uint64_t index, node, position, height;
	} cursor;                         // where the last reading ended: the next one goes on there
};
struct element {
	struct value value;
	struct value key;                 // has_key: shown with it and found by it
	bool has_key;
};
bool value_as_elements(const struct eval_context *context, const struct value *value, struct elements *elements_ret);
// Elements [start, start + count), which must exist.
struct error *elements_read(const struct eval_context *context, struct elements *elements, uint64_t start, uint64_t count,
			    struct element *items);
bool elements_have_keys(const struct elements *elements);
// The type of the keys; NULL if that is not known or there are none.
const struct type *elements_key_type(const struct eval_context *context, struct elements *elements);
// What the container has at the key. ERROR_NOT_FOUND.
struct error *elements_find(const struct eval_context *context, struct elements *elements, struct value *key,
			    bool is_string, struct value *mapped_ret);
// Text with a length (std::string, string_view, String, &str): where its characters are.
bool value_as_text(const struct eval_context *context, struct value *value, uint64_t *address_ret, uint64_t *length_ret);
bool value_text_element(const struct eval_context *context, struct value *value, int64_t index, struct value *element_ret);
struct error *value_assign_text(const struct eval_context *context, struct value *target, const uint8_t *bytes, uint64_t length);
// What a library type that has one object inside is (objects.c).
struct object {
	bool has_content;
	bool has_pointer;                 // `pointer` leads to the content
	struct value content, pointer;
	const char *words;                // instead of the content: "nullopt"; else NULL
	const char *note;                 // behind it: "(use count 2, weak count 1)"; else NULL
	const char *unit;                 // a number's unit
	bool is_address_shown;
};
bool value_as_object(const struct eval_context *context, const struct value *value, struct object *object_ret);
bool value_as_content(const struct eval_context *context, const struct value *value, struct value *content_ret);
// The content of what counts as no more than that: an atomic, a cell, a duration, an optional.
bool value_as_wrapped(const struct eval_context *context, const struct value *value, struct value *content_ret);
bool format_is_full(const struct formatter *formatter);   // the summary reached its limit
