// build: -g -O0 -std=c++20
// The standard library's other types: adaptors, sums, counted pointers, bits, times, iterators; and what they hold when they hold nothing.
#include <any>
#include <atomic>
#include <bitset>
#include <chrono>
#include <complex>
#include <deque>
#include <filesystem>
#include <forward_list>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <span>
#include <stack>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

struct point { int x, y; };
struct empty {};
enum class colour { red, green };
struct hasher { std::size_t operator()(const point &p) const { return (std::size_t)p.x; } };
static bool operator==(const point &a, const point &b) { return a.x == b.x && a.y == b.y; }
static int twice(int number) { return 2 * number; }

int main()
{
	std::deque<int> deque;
	for (int i = 0; i < 1000; i++)
		i % 2 ? deque.push_back(i) : deque.push_front(i);
	std::deque<std::string> no_deque;
	std::stack<int> stack({1, 2, 3});
	std::queue<point> queue({{1, 2}, {3, 4}});
	std::priority_queue<int> heap;
	heap.push(1), heap.push(9), heap.push(4);
	std::tuple<int, std::string, empty, double> tuple{1, "two", {}, 2.5};
	std::tuple<> no_tuple;
	std::variant<int, std::string, point> number = 7, text = "seven", pair = point{7, 8};
	std::vector<bool> flags{true, false, true};
	std::vector<bool> many_flags(200, true);
	std::forward_list<std::string> forward{"one", "two"};
	std::forward_list<long double> wide_forward{1.5L};
	std::bitset<10> bits(0x2a5);
	std::bitset<100> many_bits;
	many_bits[99] = true;
	std::atomic<int> counter = 5;
	std::atomic<bool> ready = true;
	std::atomic<point *> target = nullptr;
	std::atomic<colour> tint = colour::green;
	std::shared_ptr<point> shared = std::make_shared<point>(point{5, 6}), also = shared, no_shared;
	std::weak_ptr<point> weak = shared, expired = std::make_shared<point>();
	std::unique_ptr<int[]> owned(new int[3]{10, 11, 12});
	std::unique_ptr<point> owned_point(new point{3, 4}), no_point;
	std::function<int(int)> function = twice, lambda = [&](int i) { return i + counter; }, no_function;
	std::any any_number = 42, any_text = std::string("any text"), any_point = point{1, 2}, no_any;
	std::chrono::milliseconds timeout(1500);
	std::chrono::hours hours(3);
	std::chrono::duration<double> seconds(0.5);
	std::chrono::duration<int, std::ratio<1, 50>> frames(4);
	std::chrono::system_clock::time_point epoch(std::chrono::seconds(1));
	std::filesystem::path path = "/usr/include/stdio.h";
	int numbers[4] = {1, 2, 3, 4};
	std::span<int> span(numbers);
	std::span<int, 2> fixed(numbers, 2);
	std::map<std::string, int> ages{{"ann", 30}, {"bob", 40}};
	std::map<int, point> points{{-5, {1, 2}}, {7, {3, 4}}};
	std::map<colour, int> colours{{colour::red, 1}, {colour::green, 2}};
	std::unordered_map<std::string, int> hashed{{"a", 1}, {"b", 2}};
	std::unordered_map<point, int, hasher> by_point{{{1, 2}, 3}};
	std::set<int> set{3, 1, 2};
	std::multiset<int> no_set;
	std::list<int> list{4, 5};
	auto in_vector = flags.begin() + 2;
	auto in_deque = deque.begin() + 700;
	auto in_map = points.begin();
	auto in_const_map = ages.cbegin();
	auto in_hash = hashed.find("b");
	auto in_list = list.begin();
	auto in_forward = forward.begin();
	std::vector<point> vector{{1, 2}, {3, 4}};
	auto in_points = vector.begin() + 1;
	std::string string = "characters";
	auto in_string = string.begin() + 2;
	std::u16string utf16 = u"w\u00e9";
	std::wstring wide = L"wide";
	std::reference_wrapper<int> reference = numbers[1];
	std::complex<double> complex(1, -2);
	std::list<std::vector<std::pair<int, std::string>>> nested{{{1, "one"}}, {}};
	long garbage[16];
	for (long &word : garbage)
		word = 0x7fffffff0000;
	long ring[2] = {(long)&ring[0], 0};
	auto &bad_deque = *reinterpret_cast<std::deque<int> *>(garbage);
	auto &bad_forward = *reinterpret_cast<std::forward_list<int> *>(ring);
	auto &bad_variant = *reinterpret_cast<std::variant<int, std::string> *>(garbage);
	auto &bad_shared = *reinterpret_cast<std::shared_ptr<int> *>(garbage);
	auto &bad_any = *reinterpret_cast<std::any *>(garbage);
	auto &bad_function = *reinterpret_cast<std::function<int(int)> *>(garbage);
	auto &bad_flags = *reinterpret_cast<std::vector<bool> *>(garbage);
	return (int)(deque.size() + stack.size() + heap.size() + (long)&bad_deque + (long)&bad_forward + (long)&bad_variant + (long)&bad_shared +
		     (long)&bad_any + (long)&bad_function + (long)&bad_flags) == 1;	// looks
}
