// SPDX-License-Identifier: Apache-2.0
// Files for readers that open theirs by name: a folder of this process, gone at its end. A
// finding ends the process before that, so who runs fuzzers sets TMPDIR to a folder of theirs.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "fuzz/fuzz.h"

namespace flowmark::fuzz {

class ScratchFolder {
      public:
	explicit ScratchFolder(const char *name)
		: path_(std::filesystem::temp_directory_path() /
			("flowmark-fuzz-" + std::string(name) + "-" + std::to_string(getpid())))
	{
		std::filesystem::create_directories(path_);
	}
	ScratchFolder(const ScratchFolder &) = delete;
	ScratchFolder &operator=(const ScratchFolder &) = delete;
	~ScratchFolder()
	{
		std::error_code ignored;
		std::filesystem::remove_all(path_, ignored);
	}

	[[nodiscard]] std::string path(std::string_view name) const { return path_ / name; }

	void remove(std::string_view name) const { std::filesystem::remove(path_ / name); }

	// A new file each time: ext4 flushes one that is truncated and written again.
	void write(std::string_view name, std::string_view content) const
	{
		remove(name);
		std::filesystem::create_directories((path_ / name).parent_path());
		std::ofstream file(path_ / name, std::ios::binary);
		file.write(content.data(), static_cast<std::streamsize>(content.size()));
		require(file.good(), "a file can be written");
	}

      private:
	std::filesystem::path path_;
};

} // namespace flowmark::fuzz
