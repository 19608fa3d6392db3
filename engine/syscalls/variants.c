#include "engine/syscalls/table.h"

#include <asm/prctl.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
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
