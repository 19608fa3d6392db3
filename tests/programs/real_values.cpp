// build: -g -O0 -std=c++17
// What the standard library is made of, as people look at it; classes whose parts only the object itself can find.
#include <array>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <set>
#include <vector>

namespace app {
struct base { virtual ~base() = default; int base_value = 11; };
struct left : virtual base { int left_value = 1; };
struct right : virtual base { int right_value = 2; };
struct diamond : left, right { int bottom = 3; };
struct node { int value; node *next; };
enum class mode : unsigned char { off, on = 3 };
}
int shadow = 1;

struct owner {
	int field = 4;
	std::string name = "an owner";
	int run(int number)
	{
		int local = field + number;
		return local;	// in method
	}
};

static int look(const std::string &text, app::base *base)
{
	int shadow = 2;
	std::string small = "small", large(40, 'l');
	std::string_view view = text;
	std::unique_ptr<app::diamond> owned(new app::diamond);
	std::unique_ptr<int, void (*)(int *)> deleted(new int(6), [](int *number) { delete number; });
	std::shared_ptr<int> shared = std::make_shared<int>(5);
	std::optional<int> some = 3, none;
	std::array<int, 3> array{4, 5, 6};
	std::vector<int> vector{1, 2, 3};
	app::mode mode = app::mode::on;
	std::map<std::string, int> ages{{"ann", 30}, {"bob", 40}, {"cy", 50}};
	std::set<int> set;
	for (int i = 0; i < 1000; i++)
		set.insert(i * 7 % 1000);
	std::list<int> linked{1, 2, 3};
	std::unordered_map<int, std::string> hashed{{5, "five"}};
	const wchar_t *wide = L"w\u00e9";
	unsigned char bytes[6] = {0, 1, 200};
	decltype(nullptr) null = nullptr;
	int (owner::*method)(int) = &owner::run;
	std::vector<app::node> list(1000);
	for (int i = 0; i < 1000; i++)
		list[i] = {i, i < 999 ? &list[i + 1] : nullptr};
	app::node *head = &list[0];
	long hostile[6] = {0x1000, 0x7fffffffffff0000, 0x7fffffffffff0000, 0x2000, 0x3000, 500000};
	auto &bad_vector = *reinterpret_cast<std::vector<std::string> *>(hostile);
	auto &bad_map = *reinterpret_cast<std::map<int, int> *>(hostile);
	auto &bad_string = *reinterpret_cast<std::string *>(hostile);
	return shadow + some.value_or(0) + head->value + (null == nullptr) + bytes[0] + wide[0] + array[0] + vector[0] + *shared + *deleted +
	       owned->bottom + base->base_value + (int)mode + (int)view.size() + (&bad_vector == nullptr) + (&bad_string == nullptr) + none.has_value() +
	       (int)(ages.size() + set.size() + linked.size() + hashed.size()) + (&bad_map == nullptr) +
	       (method == nullptr);	// looks
}

int main()
{
	app::diamond diamond;
	owner one;
	int sum = 0;
	for (int i = 0; i < 5; i++)
		sum += one.run(i);
	return look("a text that is long enough to be on the heap", &diamond) + sum == 0;
}
