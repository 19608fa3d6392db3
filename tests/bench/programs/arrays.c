// An array of 100,000 elements.
static int big[100000];

int main(void)
{
	for (int i = 0; i < 100000; i++)
		big[i] = i * 3;
	return big[7] == 0;	// filled
}
