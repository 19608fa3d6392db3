// build: -g -O0 -no-pie
// variant: dwarf4 -g -gdwarf-4 -O0 -no-pie
// C++: inheritance of all sorts, references, static members, scoped enums, pointers to members, nested and template types.
#include <cstddef>
#include <string>

namespace zoo {
enum class Food : unsigned char { Hay = 1, Meat = 200 };
enum Sound { QUIET, LOUD = 7 };
int population = 3; Sound sound = LOUD;
namespace { int secret = 4; }
struct Being { virtual ~Being() {} int legs = 4; static int count; static constexpr int limit = 99; };
int Being::count = 11;
struct Winged : virtual Being { int wings = 2; };
struct Finned : virtual Being { int fins = 3; };
class Chimera : public Winged, public Finned {
public:
	struct Egg { short weight; };
	typedef long Age;
	Age age = 2;
	int heads = 1;
	Egg egg{5};
	Food food = Food::Meat;
	int eat(int amount) const;
	enum Mood { CALM = 31, ANGRY };
	Mood mood = ANGRY;
};
int Chimera::eat(int amount) const
{
	static int meals = 6;
	return amount + heads + limit + meals + count + population + secret;	// eats
}
template <typename T, int N> struct Box { T items[N]; using Item = T; };
}
zoo::Chimera chimera;
zoo::Box<int, 3> box = {{1, 2, 3}};
int zoo::Chimera::*heads = &zoo::Chimera::heads;
int (zoo::Chimera::*eat)(int) const = &zoo::Chimera::eat;
const zoo::Being &reference = chimera;
int &&rvalue = 42;
decltype(nullptr) null_value = nullptr;
std::string text = "hello";
int (&array_reference)[3] = box.items;

int main()
{
	return (chimera.*eat)(2) == 0;
}
