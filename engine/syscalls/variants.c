#include "engine/syscalls/table.h"

#include <asm/prctl.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

// What older headers lack.
#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif
#ifndef F_GETOWNER_UIDS
#define F_GETOWNER_UIDS 17
#endif
#ifndef F_DUPFD_QUERY
#define F_DUPFD_QUERY 1027
#endif
#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#define PR_GET_IO_FLUSHER 58
#endif
#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif
#ifndef PR_SCHED_CORE
#define PR_SCHED_CORE 62
#endif
#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif
#ifndef ARCH_GET_XCOMP_SUPP
#define ARCH_GET_XCOMP_SUPP 0x1021
#define ARCH_GET_XCOMP_PERM 0x1022
#define ARCH_REQ_XCOMP_PERM 0x1023
#endif
#ifndef ARCH_SHSTK_ENABLE
#define ARCH_SHSTK_ENABLE 0x5001
#define ARCH_SHSTK_DISABLE 0x5002
#define ARCH_SHSTK_STATUS 0x5005
#endif
#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

// clang-format off
#define ARGUMENTS(...) (const struct argument[]){ __VA_ARGS__ }
#define VARIANTS(name, mask, keeps_rest) static const struct variant variants_##name[] = {
#define VARIANT(selector_, result_, ...) { .selector = (uint32_t)(selector_), .result = result_, .arguments = ARGUMENTS(__VA_ARGS__), \
	.count = sizeof(ARGUMENTS(__VA_ARGS__)) / sizeof(struct argument) },
#define VARIANTS_END(name) };
#include "engine/syscalls/variants.def"
#undef VARIANTS
#undef VARIANT
#undef VARIANTS_END

const struct variant_set variant_sets[] = {
#define VARIANTS(name, mask_, keeps_rest_) [VARIANTS_##name] = { .mask = (mask_), .keeps_rest = keeps_rest_, .variants = variants_##name, \
	.count = ARRAY_SIZE(variants_##name) },
#define VARIANT(...)
#define VARIANTS_END(name)
#include "engine/syscalls/variants.def"
};
// clang-format on
