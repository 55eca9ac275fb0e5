// SPDX-License-Identifier: Apache-2.0
// names_seeds FOLDER: writes those seeds that lie in corpus/ and are no text into a folder of
// FOLDER for each fuzzer.
#include "fuzz/seeds.h"

#include <cstdio>
#include <fstream>

#include "fuzz/quic_script.h"
#include "names/initials.h"
#include "replay/capture_writer.h"

void flowmark::fuzz::write_seed(const std::filesystem::path &folder, const std::string &name,
				const test::Bytes &bytes)
{
	std::filesystem::create_directories(folder);
	std::ofstream file(folder / name, std::ios::binary);
	file.write(reinterpret_cast<const char *>(bytes.data()),
		   static_cast<std::streamsize>(bytes.size()));
}

namespace {

using namespace flowmark::test;
constexpr auto write = flowmark::fuzz::write_seed;

Bytes pair_of(std::size_t number)
{
	return {static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
}

Bytes counted(const Bytes &bytes)
{
	return joined({pair_of(bytes.size()), bytes});
}

// quic_script.h has the meaning of the first three bytes.
Bytes frames_record(std::uint8_t what, std::uint8_t ids, std::uint8_t number, const Bytes &frames)
{
	return joined({{what, ids, number}, counted(frames)});
}

Bytes raw_record(std::uint8_t what, const Bytes &datagram)
{
	return joined({{static_cast<std::uint8_t>(what | flowmark::fuzz::kScriptRaw)},
		       counted(datagram)});
}

void write_hellos(const std::filesystem::path &folder)
{
	write(folder, "plain", make_hello({}));
	write(folder, "nameless", make_hello({.name = ""}));
	write(folder, "between", make_hello({.before = 20, .behind = 20}));
	write(folder, "ech",
	      make_hello({.name = "A.Example.", .ech_before = true, .ech_behind = true}));
	write(folder, "list",
	      hello_of(extension(0, from_hex("0010"
					     "070002"
					     "4142"
					     "000001"
					     "63"
					     "000001"
					     "64"
					     "090000"))));
	const Bytes frame = from_hex(kRfcCryptoFrame);
	write(folder, "rfc", slice(frame, 4, frame.size()));
}

void write_quic(const std::filesystem::path &folder)
{
	const Bytes hello = make_hello({.before = 30});
	const std::size_t end = hello.size(), middle = end - 12;
	const Bytes all = crypto_part(hello, 0, end), one = crypto_part(hello, 0, middle),
		    two = crypto_part(hello, middle, end);
	const auto of = frames_record;
	for (std::uint8_t version = 0; version < 8; version++)
		write(folder, "version" + std::to_string(version),
		      of(static_cast<std::uint8_t>(version << 5), 0, 0, all));
	write(folder, "halves", joined({of(0, 0, 0, one), of(0, 0, 1, two)}));
	write(folder, "swapped", joined({of(0, 0, 1, two), of(0, 0, 0, one)}));
	write(folder, "server-id", joined({of(0, 0, 0, one), of(0, 1, 1, two)}));
	write(folder, "retry",
	      joined({of(0, 0, 0, one), of(0, 0x0f, 1, one), of(0, 0, 0, one),
		      of(0, 0x0f, 2, two)}));
	write(folder, "version-changed", joined({of(0, 0, 0, one), of(0x80, 1, 1, two)}));
	write(folder, "version-restart", joined({of(0xc0, 0, 0, one), of(0, 0, 0, all)}));
	write(folder, "flows",
	      joined({of(0, 0, 0, one), of(1, 0, 0, one), of(2, 0, 0, one), of(3, 0, 0, one),
		      of(3, 0, 1, two), of(0x0c, 0, 1, two), of(0x0d, 0, 1, two)}));
	write(folder, "frames",
	      of(0, 0x80, 0,
		 joined({from_hex("01"
				  "0200000000"
				  "0305000005010203"
				  "1c00060461626364"
				  "000000"),
			 two, from_hex("01"), one})));
	write(folder, "overlap",
	      of(0, 0, 0,
		 joined({crypto_part(hello, 20, middle), crypto_part(hello, 10, end), one})));
	write(folder, "raw", raw_record(0, make_initial({.size = 0}, all)));
	write(folder, "coalesced",
	      raw_record(0, joined({make_initial({.size = 0}, one), make_other_packet({}, 1, 20),
				    make_initial({.number = 1, .size = 0}, two)})));
	write(folder, "others",
	      joined({raw_record(0, from_hex(kRfcServerInitial)),
		      raw_record(1, from_hex("0d8394c8f03e5157085130343301")),
		      raw_record(2, from_hex("c0faceb00100000000"))}));
}

void write_captures(const std::filesystem::path &folder)
{
	const Bytes frame(20, 7), other{1, 2, 3};
	for (const bool big_endian : {false, true}) {
		const std::string order = big_endian ? "big-" : "little-";
		PcapngWriter kinds(big_endian), interfaces(big_endian), options(big_endian);
		kinds.interface(kLinkEthernet).add(0, frame).add_obsolete(0, other);
		write(folder, order + "kinds",
		      kinds.add_simple(frame, 20).block(5, Bytes(8, 0)).bytes());
		interfaces.interface(kLinkEthernet, 96).interface(kLinkRaw, 128).add(1, frame);
		write(folder, order + "sections",
		      interfaces.other_section().interface(kLinkCooked).add(0, other).bytes());
		options.interface(kLinkEthernet, 0,
				  {{2, other}, {9, {0x8a}}, {14, options.value(~0ULL, 8)}});
		write(folder, order + "options",
		      options.interface(kLinkEthernet, 8, {{9, {9}}, {0, {}}})
			      .add(0, frame, 1U << 20)
			      .add(1, frame, 1)
			      .bytes());
	}
}

// datagrams_fuzz.cc has the meaning of it.
Bytes fragment(std::uint8_t what, std::uint8_t id, std::size_t at, std::size_t length)
{
	return joined({{what, id}, pair_of(at / 8), pair_of(length)});
}

void write_datagrams(const std::filesystem::path &folder)
{
	constexpr std::uint8_t kRest = 1, kMore = 2, kSecond = 4, kBack = 12;
	const Bytes first = fragment(kMore, 1, 0, 400), last = fragment(kRest, 1, 400, 401);
	write(folder, "halves", joined({first, last, last}));
	write(folder, "swapped", joined({last, first, first}));
	write(folder, "overlap",
	      joined({fragment(kRest | kMore, 1, 200, 300), first, fragment(kRest, 1, 496, 4)}));
	write(folder, "two", joined({first, fragment(kMore, 2, 0, 8), fragment(1, 2, 8, 1), last}));
	write(folder, "too-long",
	      joined({fragment(kMore, 1, 0, 4096), fragment(kRest | kMore, 1, 4096, 4096),
		      fragment(kRest, 1, 8192, 8)}));
	write(folder, "slow",
	      joined({first, fragment(2 * kSecond | kRest, 2, 8, 8), last,
		      fragment(kSecond | kRest, 1, 400, 401)}));
	write(folder, "time-goes-back", joined({first, fragment(kBack | kMore, 2, 0, 8), last}));
}

} // namespace

int main(int argc, char **argv)
{
	if (argc != 2) {
		std::fprintf(stderr, "usage: names_seeds FOLDER\n");
		return 2;
	}
	const std::filesystem::path folder = argv[1];
	write_hellos(folder / "client_hello");
	write_quic(folder / "quic");
	write_captures(folder / "capture");
	write_datagrams(folder / "datagrams");
	flowmark::fuzz::write_hello_packets(folder / "hello_packets");
	flowmark::fuzz::write_headers(folder / "headers");
	return 0;
}
