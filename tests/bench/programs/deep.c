// 10,000 frames, then the bottom.
static volatile int sink;

static int descend(int depth)
{
	if (depth == 0) {
		sink = 1;	// bottom
		return 0;
	}
	return descend(depth - 1) + 1;
}

int main(void)
{
	return descend(10000) == 0;
}
