// SPDX-License-Identifier: Apache-2.0
// A fuzzer's function without libFuzzer: every file of a folder, then as many mutations of
// them as are asked for, the same ones in every run.
//   NAME_fuzz FOLDER MUTATIONS
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "fuzz/fuzz.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

std::vector<Bytes> read_folder(const std::string &folder)
{
	std::set<std::filesystem::path> paths;
	for (const auto &entry : std::filesystem::directory_iterator(folder))
		paths.insert(entry.path());
	std::vector<Bytes> files;
	for (const auto &path : paths) {
		std::ifstream file(path, std::ios::binary);
		files.emplace_back(std::istreambuf_iterator<char>(file),
				   std::istreambuf_iterator<char>());
	}
	return files;
}

// One byte changed or put in, some taken out, or the end of another file put in.
void mutate(Bytes &bytes, const Bytes &other, std::mt19937 &random)
{
	const std::size_t at = random() % (bytes.size() + 1);
	const auto byte = static_cast<std::uint8_t>(random());
	const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
	switch (random() % 5) {
	case 0:
		bytes.insert(place, byte);
		break;
	case 1:
		bytes.erase(place, place + static_cast<std::ptrdiff_t>(std::min<std::size_t>(
						   byte % 16, bytes.size() - at)));
		break;
	case 2:
		bytes.insert(place,
			     other.end() -
				     static_cast<std::ptrdiff_t>(random() % (other.size() + 1)),
			     other.end());
		break;
	default:
		if (at < bytes.size())
			bytes[at] = random() % 2 == 0 ? byte
						      : static_cast<std::uint8_t>(bytes[at] ^
										  (1 << byte % 8));
	}
}

} // namespace

int main(int argc, char **argv)
{
	if (argc != 3) {
		std::fprintf(stderr, "usage: %s FOLDER MUTATIONS\n", argv[0]);
		return 2;
	}
	const auto files = read_folder(argv[1]);
	if (files.empty()) {
		std::fprintf(stderr, "%s is empty\n", argv[1]);
		return 1;
	}
	for (const Bytes &file : files)
		LLVMFuzzerTestOneInput(file.data(), file.size());
	std::mt19937 random(1);
	const long mutations = std::strtol(argv[2], nullptr, 10);
	for (long i = 0; i < mutations; i++) {
		Bytes bytes = files[random() % files.size()];
		for (std::size_t n = 1 + random() % 6; n > 0; n--)
			mutate(bytes, files[random() % files.size()], random);
		LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
	}
	std::printf("%zu files and %ld mutations\n", files.size(), mutations);
	return 0;
}
