// Runs a few bytes of machine code on the real processor with given registers, and says what became of them.
// A trap enters the code and a trap (or fault) leaves it: the signal handler swaps the whole register set.
#pragma once

#include <asm/prctl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <ucontext.h>
#include <unistd.h>

enum { STATUS_FLAGS = 0x8d5, XMM_SIZE = 256 };

struct native_result {
	struct user_regs_struct registers;   // rip: of the int3 that ended it, or of the fault
	uint8_t xmm[XMM_SIZE];
	int signal;
};

static struct {
	bool is_inside;
	const struct user_regs_struct *input;
	const uint8_t *xmm;
	struct native_result *result;
	gregset_t outer;
	struct _libc_fpstate outer_fp;
} native;

static const struct {
	int greg;
	size_t offset;
} native_map[] = {
#define NATIVE(greg, field) { greg, offsetof(struct user_regs_struct, field) }
	NATIVE(REG_RAX, rax), NATIVE(REG_RBX, rbx), NATIVE(REG_RCX, rcx), NATIVE(REG_RDX, rdx), NATIVE(REG_RSI, rsi),
	NATIVE(REG_RDI, rdi), NATIVE(REG_RBP, rbp), NATIVE(REG_RSP, rsp), NATIVE(REG_R8, r8),   NATIVE(REG_R9, r9),
	NATIVE(REG_R10, r10), NATIVE(REG_R11, r11), NATIVE(REG_R12, r12), NATIVE(REG_R13, r13), NATIVE(REG_R14, r14),
	NATIVE(REG_R15, r15), NATIVE(REG_RIP, rip), NATIVE(REG_EFL, eflags),
#undef NATIVE
};

// The frame may say that x87 and SSE are in their initial state; then the kernel would ignore what we write there.
static void native_mark_live(fpregset_t fp)
{
	uint64_t live;
	char *area = (char *)fp;
	memcpy(&live, area + 512, sizeof(live));
	live |= 3;
	memcpy(area + 512, &live, sizeof(live));
}

static void native_enter(ucontext_t *context)
{
	memcpy(native.outer, context->uc_mcontext.gregs, sizeof(native.outer));
	native.outer_fp = *context->uc_mcontext.fpregs;
	for (size_t i = 0; i < sizeof(native_map) / sizeof(native_map[0]); i++)
		memcpy(&context->uc_mcontext.gregs[native_map[i].greg], (const char *)native.input + native_map[i].offset, 8);
	memcpy(context->uc_mcontext.fpregs->_xmm, native.xmm, XMM_SIZE);
	native_mark_live(context->uc_mcontext.fpregs);
	native.is_inside = true;
}

static void native_leave(int number, ucontext_t *context)
{
	struct native_result *result = native.result;
	for (size_t i = 0; i < sizeof(native_map) / sizeof(native_map[0]); i++)
		memcpy((char *)&result->registers + native_map[i].offset, &context->uc_mcontext.gregs[native_map[i].greg], 8);
	memcpy(result->xmm, context->uc_mcontext.fpregs->_xmm, XMM_SIZE);
	result->signal = number;
	if (number == SIGTRAP)
		result->registers.rip--;
	memcpy(context->uc_mcontext.gregs, native.outer, sizeof(native.outer));
	*context->uc_mcontext.fpregs = native.outer_fp;
	native_mark_live(context->uc_mcontext.fpregs);
	native.is_inside = false;
}

static void native_handler(int number, siginfo_t *info, void *context)
{
	(void)info;
	if (native.is_inside)
		native_leave(number, context);
	else if (number == SIGTRAP)
		native_enter(context);
	else
		abort();
}

static inline void native_init(void)
{
	// Static, so that it is more than 2 GiB away from the stages: the code under test may compute any rsp around them,
	// and one inside this stack would make the kernel believe that the handler is already running there.
	static char memory[1 << 18];
	stack_t stack = { .ss_sp = memory, .ss_size = sizeof(memory) };
	sigaltstack(&stack, NULL);
}

// The handlers are ours for this one run: cmocka has its own around each test.
static inline void native_run(const struct user_regs_struct *input, const uint8_t xmm[XMM_SIZE], struct native_result *result)
{
	static const int signals[] = { SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE };
	struct sigaction ours = { .sa_sigaction = native_handler, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	struct sigaction theirs[sizeof(signals) / sizeof(signals[0])];
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &ours, &theirs[i]);
	native.input = input;
	native.xmm = xmm;
	native.result = result;
	__asm__ volatile("int3" ::: "memory");
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &theirs[i], NULL);
}

// A seeded generator, so that a failure can be repeated.
static uint64_t random_state = 0x9e3779b97f4a7c15;
static inline uint64_t random_u64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

// A stage: code (all int3), data and stack, within 2 GiB of each other; a copy of what data and stack held.
enum {
	STAGE_PAGE = 0x2000,
	STAGE_CODE = 0,
	STAGE_SLOT = STAGE_CODE + STAGE_PAGE,
	STAGE_DATA = STAGE_SLOT + STAGE_PAGE,
	STAGE_STACK = STAGE_DATA + STAGE_PAGE,
	STAGE_SIZE = STAGE_STACK + STAGE_PAGE,
};

struct stage {
	uint8_t *base;
	uint8_t memory[2 * STAGE_PAGE];   // data and stack
};

static inline bool stage_init(struct stage *stage, int flags)
{
	stage->base = mmap(NULL, STAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
	if (stage->base == MAP_FAILED)
		return false;
	memset(stage->base, 0xcc, STAGE_DATA);
	for (size_t i = 0; i < sizeof(stage->memory); i += 8) {
		uint64_t value = random_u64();
		memcpy(stage->memory + i, &value, sizeof(value));
	}
	return true;
}

static inline void stage_reset(struct stage *stage)
{
	memcpy(stage->base + STAGE_DATA, stage->memory, sizeof(stage->memory));
}

static inline void stage_deinit(struct stage *stage)
{
	munmap(stage->base, STAGE_SIZE);
}

static inline uint64_t stage_address(const struct stage *stage, size_t offset)
{
	return (uint64_t)(uintptr_t)stage->base + offset;
}

// Random registers; rbx, rbp, rsi and rdi point into the data, rsp into the stack, rcx is small (counts, shifts).
static inline struct user_regs_struct stage_registers(const struct stage *stage, uint64_t rip)
{
	struct user_regs_struct registers = {
		.rax = random_u64(), .rdx = random_u64(), .r8 = random_u64(), .r9 = random_u64(), .r10 = random_u64(),
		.r11 = random_u64(), .r12 = random_u64(), .r13 = random_u64(), .r14 = random_u64(), .r15 = random_u64(),
		.rcx = random_u64() % 16, .rip = rip, .eflags = 0x202 | (random_u64() & STATUS_FLAGS),
	};
	registers.rbx = stage_address(stage, STAGE_DATA + 0x800 + random_u64() % 64 * 8);
	registers.rbp = stage_address(stage, STAGE_DATA + 0x1000 + random_u64() % 64 * 8);
	registers.rsi = stage_address(stage, STAGE_DATA + 0xc00 + random_u64() % 64 * 8);
	registers.rdi = stage_address(stage, STAGE_DATA + 0x400 + random_u64() % 64 * 8);
	registers.rsp = stage_address(stage, STAGE_STACK + 0x1000 + random_u64() % 64 * 8);
	return registers;
}
