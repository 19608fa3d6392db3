// The library types that show their content instead of their members: one line for each.
#include <ctype.h>

#include "engine/eval/library.h"

#define CPP(name_, shape_, ...) { .language = LANGUAGE_CPP, .name = name_, .shape = shape_, __VA_ARGS__ }
#define RUST(name_, shape_, ...) { .language = LANGUAGE_RUST, .name = name_, .shape = shape_, __VA_ARGS__ }
#define PATHS(...) .paths = { __VA_ARGS__ }

// The first that fits: "vector<bool," before "vector<".
static const struct library_type types[] = {
	CPP("std::vector<bool,", SHAPE_BITS, PATHS("_M_impl._M_start", "_M_impl._M_finish")),
	CPP("std::vector<", SHAPE_RANGE, PATHS("_M_impl._M_start", "_M_impl._M_finish")),
	CPP("std::initializer_list<", SHAPE_COUNTED, PATHS("_M_array", "_M_len")),
	CPP("std::span<", SHAPE_COUNTED, PATHS("_M_ptr", "_M_extent._M_extent_value")),
	CPP("std::valarray<", SHAPE_COUNTED, PATHS("_M_data", "_M_size")),
	CPP("std::array<", SHAPE_ADAPTOR, PATHS("_M_elems")),
	CPP("std::stack<", SHAPE_ADAPTOR, PATHS("c")),
	CPP("std::queue<", SHAPE_ADAPTOR, PATHS("c")),
	CPP("std::priority_queue<", SHAPE_ADAPTOR, PATHS("c")),
	CPP("std::filesystem::path", SHAPE_ADAPTOR, PATHS("_M_pathname")),
	CPP("std::deque<", SHAPE_DEQUE, PATHS("_M_impl._M_start", "_M_impl._M_finish")),
	CPP("std::bitset<", SHAPE_BITSET, PATHS("_M_w")),
	CPP("std::tuple<", SHAPE_TUPLE),
	CPP("std::map<", SHAPE_TREE, .has_keys = true),
	CPP("std::multimap<", SHAPE_TREE, .has_keys = true),
	CPP("std::set<", SHAPE_TREE),
	CPP("std::multiset<", SHAPE_TREE),
	CPP("std::list<", SHAPE_LIST),
	CPP("std::forward_list<", SHAPE_FORWARD),
	CPP("std::unordered_map<", SHAPE_HASH, .has_keys = true),
	CPP("std::unordered_multimap<", SHAPE_HASH, .has_keys = true),
	CPP("std::unordered_set<", SHAPE_HASH),
	CPP("std::unordered_multiset<", SHAPE_HASH),
	CPP("std::optional<", SHAPE_OPTIONAL, PATHS("_M_payload")),
	CPP("std::variant<", SHAPE_VARIANT, PATHS("_M_u", "_M_index")),
	CPP("std::any", SHAPE_ANY, PATHS("_M_storage", "_M_manager")),
	CPP("std::function<", SHAPE_FUNCTION, PATHS("_M_invoker", "_M_manager")),
	CPP("std::atomic<", SHAPE_WRAPPER, PATHS("_M_i|_M_base._M_i|_M_b._M_p|_M_fp")),
	CPP("std::atomic_flag", SHAPE_WRAPPER, PATHS("_M_i")),
	CPP("std::complex<", SHAPE_WRAPPER, PATHS("_M_value")),
	CPP("std::chrono::duration<", SHAPE_DURATION, PATHS("__r")),
	CPP("std::chrono::time_point<", SHAPE_TIME_POINT, PATHS("__d")),
	CPP("std::unique_ptr<", SHAPE_UNIQUE, PATHS("_M_t._M_t.<std::_Tuple_impl<0.<std::_Head_base<0._M_head_impl")),
	CPP("std::shared_ptr<", SHAPE_SHARED, PATHS("_M_ptr", "_M_refcount._M_pi")),
	CPP("std::weak_ptr<", SHAPE_SHARED, PATHS("_M_ptr", "_M_refcount._M_pi")),
	CPP("std::reference_wrapper<", SHAPE_ITERATOR, PATHS("_M_data")),
	CPP("__gnu_cxx::__normal_iterator<", SHAPE_ITERATOR, PATHS("_M_current")),
	CPP("std::_Deque_iterator<", SHAPE_ITERATOR, PATHS("_M_cur")),
	CPP("std::_Rb_tree_iterator<", SHAPE_ITERATOR, PATHS("_M_node"), .offset = 32),
	CPP("std::_Rb_tree_const_iterator<", SHAPE_ITERATOR, PATHS("_M_node"), .offset = 32),
	CPP("std::_List_iterator<", SHAPE_ITERATOR, PATHS("_M_node"), .offset = 16),
	CPP("std::_List_const_iterator<", SHAPE_ITERATOR, PATHS("_M_node"), .offset = 16),
	CPP("std::_Fwd_list_iterator<", SHAPE_ITERATOR, PATHS("_M_node"), .offset = 8),
	CPP("std::_Fwd_list_const_iterator<", SHAPE_ITERATOR, PATHS("_M_node"), .offset = 8),
	CPP("std::__detail::_Node_iterator<", SHAPE_ITERATOR, PATHS("_M_cur"), .offset = 8),
	CPP("std::__detail::_Node_const_iterator<", SHAPE_ITERATOR, PATHS("_M_cur"), .offset = 8),
	CPP("std::_Bit_iterator", SHAPE_BIT_ITERATOR),
	CPP("std::_Bit_const_iterator", SHAPE_BIT_ITERATOR),

	RUST("std::collections::hash::map::HashMap<", SHAPE_RUST_HASH, PATHS("base.table"), .has_keys = true),
	RUST("std::collections::hash::set::HashSet<", SHAPE_RUST_HASH, PATHS("base.map.table")),
	RUST("hashbrown::map::HashMap<", SHAPE_RUST_HASH, PATHS("table"), .has_keys = true),
	RUST("hashbrown::set::HashSet<", SHAPE_RUST_HASH, PATHS("map.table")),
	RUST("alloc::collections::btree::map::BTreeMap<", SHAPE_RUST_BTREE, .has_keys = true),
	RUST("alloc::collections::btree::set::BTreeSet<", SHAPE_RUST_BTREE, PATHS("map")),
	RUST("alloc::collections::vec_deque::VecDeque<", SHAPE_RUST_DEQUE),
	RUST("alloc::collections::linked_list::LinkedList<", SHAPE_RUST_LIST),
	RUST("alloc::collections::binary_heap::BinaryHeap<", SHAPE_ADAPTOR, PATHS("data")),
	RUST("alloc::rc::Rc<", SHAPE_RC, PATHS("ptr.pointer", "strong.value.value")),
	RUST("alloc::rc::Weak<", SHAPE_RC, PATHS("ptr.pointer", "strong.value.value")),
	RUST("alloc::sync::Arc<", SHAPE_RC, PATHS("ptr.pointer", "strong.v.value")),
	RUST("alloc::sync::Weak<", SHAPE_RC, PATHS("ptr.pointer", "strong.v.value")),
	RUST("core::cell::RefCell<", SHAPE_WRAPPER, PATHS("value.value", "borrow.value.value"), .note = NOTE_BORROW),
	RUST("core::cell::Cell<", SHAPE_WRAPPER, PATHS("value.value")),
	RUST("core::cell::UnsafeCell<", SHAPE_WRAPPER, PATHS("value")),
	RUST("core::cell::Ref<", SHAPE_POINTER, PATHS("value.pointer")),
	RUST("core::cell::RefMut<", SHAPE_POINTER, PATHS("value.pointer")),
	RUST("core::ptr::non_null::NonNull<", SHAPE_POINTER, PATHS("pointer")),
	RUST("core::mem::manually_drop::ManuallyDrop<", SHAPE_WRAPPER, PATHS("value.__0|value")),
	RUST("core::num::wrapping::Wrapping<", SHAPE_WRAPPER, PATHS("__0")),
	RUST("core::num::nonzero::NonZero<", SHAPE_WRAPPER, PATHS("__0.__0")),
	RUST("core::pin::Pin<", SHAPE_WRAPPER, PATHS("pointer|__pointer")),
	RUST("core::sync::atomic::Atomic", SHAPE_WRAPPER, PATHS("v.value")),
	RUST("std::sync::poison::mutex::Mutex<", SHAPE_WRAPPER, PATHS("data.value", "inner.futex.v.value"), .note = NOTE_LOCK),
	RUST("std::sync::mutex::Mutex<", SHAPE_WRAPPER, PATHS("data.value", "inner.futex.v.value"), .note = NOTE_LOCK),
	RUST("std::sync::poison::rwlock::RwLock<", SHAPE_WRAPPER, PATHS("data.value")),
	RUST("std::sync::rwlock::RwLock<", SHAPE_WRAPPER, PATHS("data.value")),
	RUST("alloc::string::String", SHAPE_BYTES, PATHS("vec")),
	RUST("std::ffi::os_str::OsString", SHAPE_BYTES, PATHS("inner.inner")),
	RUST("std::path::PathBuf", SHAPE_BYTES, PATHS("inner.inner.inner")),
	RUST("alloc::ffi::c_str::CString", SHAPE_BYTES, PATHS("inner")),
};

static bool is_name_end(char character)
{
	return !character || character == '<';
}

// Passes "__cxx11::", "_V2::" and their like, which no one writes.
static const char *skip_inline_namespace(const char *name)
{
	static const char *const namespaces[] = { "__cxx11::", "__1::", "_V2::" };
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++)
		if (str_starts(name, namespaces[i]))
			return name + strlen(namespaces[i]);
	return name;
}

static bool is_named(const char *name, const struct library_type *type)
{
	const char *wanted = type->name;
	for (; *wanted; wanted++, name++) {
		if (wanted > type->name && wanted[-1] == ':')
			name = skip_inline_namespace(name);
		if (*name != *wanted)
			return false;
	}
	return ispunct((unsigned char)wanted[-1]) || is_name_end(*name) || type->shape == SHAPE_WRAPPER;
}

static bool is_library_name(const char *name)
{
	static const char *const beginnings[] = { "std::", "alloc::", "core::", "__gnu_cxx::", "hashbrown::" };
	for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++)
		if (str_starts(name, beginnings[i]))
			return true;
	return false;
}

const struct library_type *library_type_of(const struct type *type)
{
	type = eval_strip(type);
	if ((type->kind != TYPE_STRUCT && type->kind != TYPE_CLASS) || !type->name || type->is_declaration || !is_library_name(type->name))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if ((types[i].language == LANGUAGE_RUST) == (type->language == LANGUAGE_RUST) && is_named(type->name, &types[i]))
			return &types[i];
	return NULL;
}

// ---- Paths -------------------------------------------------------------------------------------------------------

// The base whose name begins so; in *value.
static bool enter_base(const struct eval_context *context, struct value *value, const char *beginning)
{
	size_t count;
	const struct type_member *members = type_members(eval_strip(value->type), &count);
	for (size_t i = 0; i < count; i++) {
		const char *name = members[i].is_base && members[i].type ? eval_strip(members[i].type)->name : NULL;
		if (!name || !str_starts(name, beginning))
			continue;
		_cleanup_error_ struct error *error = value_member(context, value, &members[i], value);
		return !error;
	}
	return false;
}

static bool enter_part(const struct eval_context *context, struct value *value, const char *part, size_t length)
{
	char *name = arena_strndup(context->arena, part, length);
	if (*name == '<')
		return enter_base(context, value, name + 1);
	_cleanup_error_ struct error *error = value_find_member(context, value, name, value);
	return !error;
}

static bool enter_one(const struct eval_context *context, struct value *value, const char *path, size_t length)
{
	struct value at = *value;
	const char *end = path + length;
	while (path < end) {
		size_t part = strcspn(path, ".|");
		if (!enter_part(context, &at, path, part))
			return false;
		path += part + 1;
	}
	*value = at;
	return true;
}

bool library_enter(const struct eval_context *context, struct value *value, const char *path)
{
	while (path) {
		const char *bar = strchr(path, '|');
		if (enter_one(context, value, path, bar ? (size_t)(bar - path) : strlen(path)))
			return true;
		path = bar ? bar + 1 : NULL;
	}
	return false;
}

static bool number_at(const struct eval_context *context, const struct value *value, const char *path, struct number *number_ret)
{
	struct value member = *value;
	if (!library_enter(context, &member, path))
		return false;
	_cleanup_error_ struct error *error = number_of(context, &member, number_ret);
	return !error;
}

bool library_number(const struct eval_context *context, const struct value *value, const char *path, uint64_t *number_ret)
{
	struct number number;
	bool is_found = number_at(context, value, path, &number);
	if (is_found)
		*number_ret = (uint64_t)number.bits;
	return is_found;
}

bool library_pointer(const struct eval_context *context, const struct value *value, const char *path, uint64_t *address_ret,
		     const struct type **target_ret)
{
	struct number number;
	if (!number_at(context, value, path, &number) || number.type->kind != TYPE_POINTER)
		return false;
	*address_ret = (uint64_t)number.bits;
	*target_ret = eval_target(number.type);
	return true;
}

// Where the argument number `index` stands in "name<A, B<C, D>, E>".
static const char *argument_text(const struct eval_context *context, const char *name, size_t index)
{
	const char *at = strchr(name, '<');
	const char *start = at ? at + 1 : NULL;
	unsigned depth = 0;
	for (at = start; at && *at; at++) {
		bool is_end = !depth && (*at == ',' || *at == '>');
		if (is_end && index-- == 0)
			return arena_strndup(context->arena, start, (size_t)(at - start));
		if (is_end)
			start = at + 1 + strspn(at + 1, " ");
		depth += strchr("<([{", *at) ? 1u : strchr(">)]}", *at) && depth ? -1u : 0u;
	}
	return NULL;
}

// g++ leaves the arguments of some instances to their names.
const struct type *library_argument(const struct eval_context *context, const struct type *type, size_t index)
{
	type = eval_strip(type);
	const struct type *found = type_template_argument(type, index);
	const char *name = found || !type->name || !context->modules ? NULL : argument_text(context, type->name, index);
	if (name)
		found = modules_find_type(context->modules, name, context->pc);
	return found || !name ? found : builtin_named(name);
}

bool library_last_argument(const struct type *type, uint64_t *number_ret)
{
	const char *name = eval_strip(type)->name;
	const char *end = name ? strrchr(name, '>') : NULL;
	const char *at = end;
	while (at && at > name && (isalnum((unsigned char)at[-1])))
		at--;
	if (!at || !isdigit((unsigned char)*at))
		return false;
	*number_ret = strtoull(at, NULL, 10);
	return true;
}

static uint64_t alignment_of(const struct type *type, unsigned depth)
{
	type = eval_strip(type);
	if (type->kind == TYPE_ARRAY || type->kind == TYPE_COMPLEX)
		return alignment_of(eval_target(type), depth);
	if (!type_is_class(type))
		return type->size ? type->size : 1;
	size_t count;
	uint64_t most = 1;
	const struct type_member *members = type_members(type, &count);
	for (size_t i = 0; i < count && depth < 16; i++) {
		uint64_t own = members[i].is_static || !members[i].type ? 1 : alignment_of(members[i].type, depth + 1);
		most = own > most ? own : most;
	}
	return most;
}

uint64_t library_aligned(uint64_t size, const struct type *type)
{
	uint64_t alignment = alignment_of(type, 0);
	return alignment > 16 || alignment & (alignment - 1) ? size : (size + alignment - 1) & ~(alignment - 1);
}
