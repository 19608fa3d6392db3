// What expressions and location descriptions see: the registers, memory and names of one frame.
#include "base/str.h"
#include "engine/run/state.h"
#include "engine/run/syscall_edit.h"
#include "engine/run/syscall_names.h"

static bool is_innermost(const struct frame_context *context)
{
	return !context->is_outer;
}

static struct error *read_dwarf_register(void *data, int dwarf_register, uint64_t *value_ret)
{
	struct frame_context *context = data;
	const struct user_regs_struct *registers;
	if (dwarf_register < 0 || dwarf_register >= DWARF_REGISTER_COUNT)
		return error_create(ERROR_UNSUPPORTED, "DWARF register %d is no address register", dwarf_register);
	if (!is_innermost(context)) {
		if (!(context->frame->registers.known & (1u << dwarf_register)))
			return error_create(ERROR_UNAVAILABLE, "register %s was not saved by the called function",
					    register_by_dwarf(dwarf_register)->name);
		*value_ret = context->frame->registers.value[dwarf_register];
		return NULL;
	}
	struct error *error = thread_read_registers(context->thread, &registers);
	if (error)
		return error;
	*value_ret = registers_get_dwarf(registers, dwarf_register);
	return NULL;
}

enum { WHOLE_REGISTER_SIZE = 64 };   // zmm

static struct error *whole_register(const struct frame_context *context, const struct register_desc *desc, bool survives,
				    uint8_t bytes[WHOLE_REGISTER_SIZE])
{
	int dwarf = desc->dwarf;
	if (is_innermost(context))
		return thread_get_register(context->thread, desc, bytes);
	const struct frame_registers *registers = &context->frame->registers;
	uint32_t valid = registers->known | (survives ? registers->kept : 0);
	if (!(valid & 1u << (dwarf < DWARF_REGISTER_COUNT ? dwarf : FRAME_KEPT_OTHERS)))
		return error_create(ERROR_UNAVAILABLE, "register %s was not saved by the called function", desc->name);
	if (dwarf >= DWARF_REGISTER_COUNT)
		return thread_get_register(context->thread, desc, bytes);
	memcpy(bytes, &registers->value[dwarf], sizeof(registers->value[dwarf]));
	return NULL;
}

static struct error *read_register_bytes(void *data, int dwarf_register, bool survives, void *bytes, size_t size)
{
	uint8_t whole[WHOLE_REGISTER_SIZE] = { 0 };
	const struct register_desc *desc = register_by_dwarf(dwarf_register);
	if (!desc || size > sizeof(whole))
		return error_create(ERROR_UNSUPPORTED, "DWARF register %d cannot be read", dwarf_register);
	struct error *error = whole_register(data, desc, survives, whole);
	if (!error)
		memcpy(bytes, whole, size);
	return error;
}

static struct error *frame_cfa(void *data, uint64_t *cfa_ret)
{
	struct frame_context *context = data;
	struct debugger *debugger = context->debugger;
	const struct user_regs_struct *registers;
	if (context->frame) {
		if (!context->frame->cfa)
			return error_create(ERROR_UNAVAILABLE, "the frame's address is not known");
		*cfa_ret = context->frame->cfa;
		return NULL;
	}
	struct error *error = thread_read_registers(context->thread, &registers);
	return error ? error : unwind_cfa(debugger->space.modules, debugger->space.memory, registers, cfa_ret);
}

// The dynamic thread vector (ELF Handling For Thread-Local Storage, 3.4): entries of two words; modules with TLS are numbered in
// load order, the program first. The thread pointer's second word points to it.
static struct error *tls_address(void *data, struct module *module, uint64_t offset, uint64_t *address_ret)
{
	struct frame_context *context = data;
	struct debugger *debugger = context->debugger;
	const struct user_regs_struct *registers;
	uint64_t vector;
	uint64_t block;
	struct error *error = thread_read_registers(context->thread, &registers);
	if (error)
		return error;
	uint64_t size;
	uint64_t align;
	if (module->is_executable && module_tls(module, &size, &align)) {   // variant II: right below the thread pointer
		uint64_t room = align > 1 ? (size + align - 1) & ~(align - 1) : size;
		*address_ret = registers->fs_base - room + offset;
		return NULL;
	}
	uint64_t number = library_tls_number(debugger, module);
	if (!number)
		return error_create(ERROR_STATE, "the thread-local storage of %s is not known yet", module->path);
	uint64_t length;   // what is loaded after the thread began lies behind its vector until it uses it: glibc's dtv[-1]
	error = memory_read(debugger->space.memory, registers->fs_base + 8, &vector, sizeof(vector));
	if (!error)
		error = memory_read(debugger->space.memory, vector - 16, &length, sizeof(length));
	block = 0;
	if (!error && number <= length)
		error = memory_read(debugger->space.memory, vector + number * 16, &block, sizeof(block));
	if (!error && (!block || block == UINT64_MAX))
		return error_create(ERROR_STATE, "this thread has not used the thread-local storage of %s yet", module->path);
	if (!error)
		*address_ret = block + offset;
	return error;
}

// The frame that called another one, as entry values see it. Its own entry values come from its caller, and so on.
struct caller_context {
	struct frame_context context;
	struct frame frame;
	unsigned depth;
};

enum { CALLER_DEPTH_LIMIT = 32 };   // a parameter that is handed on from function to function

static struct error *find_entry_register(struct frame_context *callee, unsigned depth, int dwarf_register, uint64_t *value_ret);

static struct error *entry_register(void *data, int dwarf_register, uint64_t *value_ret)
{
	return find_entry_register(data, 0, dwarf_register, value_ret);
}

static struct error *caller_entry_register(void *data, int dwarf_register, uint64_t *value_ret)
{
	struct caller_context *caller = data;   // its first member is what the other callbacks get
	return find_entry_register(&caller->context, caller->depth, dwarf_register, value_ret);
}

static struct error *unwind_to_caller(struct frame_context *callee, struct frame *caller)
{
	struct debugger *debugger = callee->debugger;
	struct frame_registers registers;
	struct frame_registers ignored;
	bool is_signal_frame;
	uint64_t callee_cfa;
	if (callee->frame) {
		registers = callee->frame->registers;
	} else {
		const struct user_regs_struct *user;
		struct error *error = thread_read_registers(callee->thread, &user);
		if (error)
			return error;
		frame_registers_from_user(&registers, user);
	}
	bool is_exact = !callee->frame || callee->frame->lookup_pc == callee->frame->pc;
	struct error *error = unwind_caller(debugger->space.modules, debugger->space.memory, &registers, callee->location.pc, is_exact,
					    &caller->registers, &callee_cfa, &is_signal_frame);
	if (error)
		return error;
	caller->pc = caller->registers.value[DWARF_RIP];
	if (is_signal_frame || !caller->pc)
		return error_create(ERROR_UNAVAILABLE, "optimised out: nobody called this function");
	caller->lookup_pc = caller->pc - 1;
	error_destroy(unwind_caller(debugger->space.modules, debugger->space.memory, &caller->registers, caller->lookup_pc, false, &ignored,
				    &caller->cfa, &is_signal_frame));
	return NULL;
}

// DW_OP_entry_value (DWARF 5, 2.5.1.7): what the caller passed, computed from what it still has.
static struct error *find_entry_register(struct frame_context *callee, unsigned depth, int dwarf_register, uint64_t *value_ret)
{
	struct debugger *debugger = callee->debugger;
	struct caller_context caller = { .depth = depth + 1 };
	if (depth >= CALLER_DEPTH_LIMIT)
		return error_create(ERROR_UNAVAILABLE, "optimised out: handed on by too many functions");
	struct error *error = unwind_to_caller(callee, &caller.frame);
	if (error)
		return error;
	frame_context_init(&caller.context, debugger, callee->thread, &caller.frame, callee->eval.arena);
	caller.context.is_outer = true;
	caller.context.location.data = &caller;
	caller.context.location.entry_register = caller_entry_register;
	return location_entry_register(debugger->space.modules, callee->location.function, caller.frame.pc, dwarf_register,
				       &caller.context.location, value_ret);
}

// What an outer frame has of a register: the general ones that were saved, and their parts.
static struct error *outer_register(const struct frame_context *context, const struct register_desc *desc, int *dwarf_ret)
{
	const struct register_desc *whole = desc->whole == REGISTER_NONE ? desc : &register_descs[desc->whole];
	if (whole->dwarf < 0 || whole->dwarf >= DWARF_REGISTER_COUNT || !(context->frame->registers.known & (1u << whole->dwarf)))
		return error_create(ERROR_UNAVAILABLE, "register %s is not available in this frame: the functions it called did not save it", desc->name);
	*dwarf_ret = whole->dwarf;
	return NULL;
}

static struct error *read_register(void *data, const struct register_desc *desc, void *bytes)
{
	struct frame_context *context = data;
	if (is_innermost(context))
		return thread_get_register(context->thread, desc, bytes);
	int dwarf;
	struct error *error = outer_register(context, desc, &dwarf);
	if (error)
		return error;
	uint64_t value = context->frame->registers.value[dwarf];
	memcpy(bytes, (const char *)&value + desc->part_offset, desc->size);
	return NULL;
}

void frame_context_wrote(void *data, uint64_t address, size_t size)
{
	struct debugger *debugger = ((struct frame_context *)data)->debugger;
	debugger->changes++;
	if (debugger->listener->changed)
		debugger->listener->changed(debugger->data, address, size);
}

static struct error *write_own_register(struct frame_context *context, const struct register_desc *desc, const void *bytes)
{
	struct error *error = thread_set_register(context->thread, desc, bytes);
	if (!error)
		frame_context_wrote(context, 0, 0);
	return error;
}

static struct error *write_saved(struct frame_context *context, uint64_t address, const void *bytes, size_t size)
{
	struct error *error = memory_write(context->debugger->space.memory, address, bytes, size);
	if (error)
		return error;
	frame_context_wrote(context, address, size);
	frame_context_wrote(context, 0, 0);   // of a frame
	return NULL;
}

static struct error *write_register(void *data, const struct register_desc *desc, const void *bytes)
{
	struct frame_context *context = data;
	if (is_innermost(context))
		return write_own_register(context, desc, bytes);
	int dwarf;
	struct error *error = outer_register(context, desc, &dwarf);
	if (error)
		return error;
	uint64_t saved_at = context->frame->registers.saved_at[dwarf];
	if (saved_at)
		return write_saved(context, saved_at + desc->part_offset, bytes, desc->size);
	const struct register_desc *whole = register_by_dwarf(dwarf);
	if (dwarf == DWARF_RSP || dwarf == DWARF_RIP || !whole)
		return error_create(ERROR_INVALID, "%s of an outer frame is computed and cannot be changed", desc->name);
	return write_own_register(context, desc, bytes);   // still in the register
}

static struct error *read_syscall(void *data, const struct register_desc *desc, void *bytes)
{
	struct frame_context *context = data;
	return thread_get_register(context->thread, desc, bytes);
}

// $arg.fd = 3, $result = -1: the program gets back what its argument registers held.
static struct error *write_syscall(void *data, const struct register_desc *desc, const void *bytes)
{
	struct frame_context *context = data;
	struct thread *thread = context->thread;
	uint64_t word;
	unsigned index = 0;
	memcpy(&word, bytes, sizeof(word));
	while (index < SYSCALL_ARGUMENT_MAX && register_find(syscall_argument_register(thread->syscall.abi, index)) != desc)
		index++;
	struct error *error = thread->syscall.phase == SYSCALL_ENTRY ? syscall_edit_argument(thread, index, word)
								      : syscall_edit_result(thread, (int64_t)word);
	if (!error)
		frame_context_wrote(context, 0, 0);
	return error;
}

// In a recursion an outer frame may be at the same pc.
static bool is_outer_frame(struct thread *thread, const struct frame *frame)
{
	const struct user_regs_struct *registers;
	struct error *error = thread_read_registers(thread, &registers);
	if (error) {
		error_destroy(error);
		return true;
	}
	return frame->pc != thread_pc(thread) || frame->registers.value[DWARF_RSP] != registers->rsp;
}

void frame_context_init(struct frame_context *context, struct debugger *debugger, struct thread *thread, const struct frame *frame,
			struct arena *arena)
{
	*context = (struct frame_context){ .thread = thread, .frame = frame, .debugger = debugger };
	uint64_t pc = frame ? frame->lookup_pc : thread_pc(thread);
	const struct function *function = frame && frame->function ? frame->function : modules_function_at(debugger->space.modules, pc);
	context->is_outer = frame && is_outer_frame(thread, frame);
	context->location = (struct location_context){
		.data = context,
		.memory = debugger->space.memory,
		.pc = pc,
		.function = function,
		.read_register = read_dwarf_register,
		.read_register_bytes = read_register_bytes,
		.frame_cfa = frame_cfa,
		.tls_address = tls_address,
		.entry_register = entry_register,
	};
	context->eval = (struct eval_context){
		.data = context,
		.arena = arena,
		.modules = debugger->space.modules,
		.memory = debugger->space.memory,
		.location = &context->location,
		.function = function,
		.pc = pc,
		.read_register = read_register,
		.write_register = write_register,
		.read_syscall = read_syscall,
		.write_syscall = write_syscall,
		.wrote = frame_context_wrote,
		.special = syscall_special,
		.constant = syscall_named_constant,
		.call = syscall_function,
	};
}
