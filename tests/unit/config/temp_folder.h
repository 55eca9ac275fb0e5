// SPDX-License-Identifier: Apache-2.0
// A folder for one test, removed with all that is in it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace flowmark {

class TempFolder {
      public:
	TempFolder()
	{
		const testing::TestInfo *test =
			testing::UnitTest::GetInstance()->current_test_info();
		std::string name = "flowmark-" + std::string(test->test_suite_name()) + "-" +
				   test->name() + "-" + std::to_string(getpid());
		std::replace(name.begin(), name.end(), '/', '-');
		path_ = std::filesystem::temp_directory_path() / name;
		std::filesystem::remove_all(path_);
		std::filesystem::create_directories(path_);
	}
	TempFolder(const TempFolder &) = delete;
	TempFolder &operator=(const TempFolder &) = delete;
	~TempFolder()
	{
		std::error_code ignored;
		std::filesystem::remove_all(path_, ignored);
	}

	[[nodiscard]] std::string path(const std::string &name) const { return path_ / name; }

	// Writes a file and the folders that it is in; returns its path.
	std::string write(const std::string &name, std::string_view content) const
	{
		const std::filesystem::path file = path_ / name;
		std::filesystem::create_directories(file.parent_path());
		// Rather a new file: ext4 flushes one that is truncated and written again.
		std::filesystem::remove(file);
		std::ofstream stream(file, std::ios::binary);
		stream.write(content.data(), static_cast<std::streamsize>(content.size()));
		return file;
	}

      private:
	std::filesystem::path path_;
};

} // namespace flowmark
