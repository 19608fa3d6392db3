#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static struct error *error_vcreate(enum error_code code, const char *format, va_list args)
{
	struct error *error = xcalloc(1, sizeof(*error));
	error->code = code;
	error->message = xvasprintf(format, args);
	return error;
}

struct error *error_create(enum error_code code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct error *error = error_vcreate(code, format, args);
	va_end(args);
	return error;
}

static enum error_code code_of_errno(int system_errno)
{
	switch (system_errno) {
	case ESRCH: return ERROR_GONE;
	case EPERM:
	case EACCES: return ERROR_PERMISSION;
	case ENOENT:
	case ENOTDIR: return ERROR_NOT_FOUND;
	case EFAULT: return ERROR_FAULT;
	default: return ERROR_IO;
	}
}

struct error *error_system(int system_errno, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct error *error = error_vcreate(code_of_errno(system_errno), format, args);
	va_end(args);
	error->system_errno = system_errno;
	char *words = error->message;
	error->message = xasprintf("%s: %s", words, strerror(system_errno));
	free(words);
	return error;
}

struct error *error_fault(uint64_t address, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct error *error = error_vcreate(ERROR_FAULT, format, args);
	va_end(args);
	error->address = address;
	return error;
}

struct error *error_wrap(struct error *cause, const char *format, ...)
{
	if (!cause)
		return NULL;
	va_list args;
	va_start(args, format);
	char *words = xvasprintf(format, args);
	va_end(args);
	char *message = xasprintf("%s: %s", words, cause->message);
	free(words);
	free(cause->message);
	cause->message = message;
	return cause;
}

void error_destroy(struct error *error)
{
	if (!error)
		return;
	free(error->message);
	free(error);
}

bool error_catch(struct error **error, enum error_code code)
{
	if (!*error || (*error)->code != code)
		return false;
	error_destroy(*error);
	*error = NULL;
	return true;
}
