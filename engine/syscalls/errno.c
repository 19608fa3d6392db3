#include "engine/syscalls/syscall.h"

#include <errno.h>

// include/linux/errno.h: these never leave the kernel, but a tracer sees them.
static const char *kernel_errno_name(int number)
{
	switch (number) {
	case 512: return "ERESTARTSYS";
	case 513: return "ERESTARTNOINTR";
	case 514: return "ERESTARTNOHAND";
	case 515: return "ENOIOCTLCMD";
	case 516: return "ERESTART_RESTARTBLOCK";
	case 517: return "EPROBE_DEFER";
	case 518: return "EOPENSTALE";
	case 519: return "ENOPARAM";
	case 521: return "EBADHANDLE";
	case 522: return "ENOTSYNC";
	case 523: return "EBADCOOKIE";
	case 524: return "ENOTSUPP";
	case 525: return "ETOOSMALL";
	case 526: return "ESERVERFAULT";
	case 527: return "EBADTYPE";
	case 528: return "EJUKEBOX";
	case 529: return "EIOCBQUEUED";
	case 530: return "ERECALLCONFLICT";
	default: return NULL;
	}
}

const char *errno_description(int number)
{
	return number > 0 && number < 512 ? strerrordesc_np(number) : NULL;
}

const char *errno_name(int number)
{
	if (number == EOPNOTSUPP)   // glibc says ENOTSUP, a name for the same number
		return "EOPNOTSUPP";
	return number <= 0 ? NULL : number < 512 ? strerrorname_np(number) : kernel_errno_name(number);
}
