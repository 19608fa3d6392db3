// What is done to a call: strace's `:error=ENOENT:when=2+`.
#include "engine/run/rule.h"

struct error *injection_parse(const char *text, size_t start, size_t end, struct injection **injection_ret)
{
	(void)text, (void)end, (void)injection_ret;
	return error_create(ERROR_UNSUPPORTED, "nothing can be injected yet (column %zu)", start + 1);
}
