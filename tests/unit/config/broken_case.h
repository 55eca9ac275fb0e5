// SPDX-License-Identifier: Apache-2.0
// Reads tests/unit/configs/broken/*.cases (README.md there says what they mean).
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

namespace flowmark {

struct CaseFile {
	std::string name;
	std::string content;
	bool escaped = false;
};

struct ExpectedError {
	std::string file;
	std::uint32_t line = 0;
	std::uint32_t column = 0;
	std::string text; // a part of it
};

struct BrokenCase {
	std::string name; // "yaml.cases: two documents"
	std::vector<CaseFile> files;
	std::vector<std::string> texts;
	std::vector<ExpectedError> errors;
};

// For gtest, which would print its bytes.
inline void PrintTo(const BrokenCase &broken, std::ostream *out)
{
	*out << broken.name;
}

inline std::string unescape(const std::string &text)
{
	std::string out;
	for (std::size_t i = 0; i < text.size(); i++) {
		if (text[i] != '\\') {
			out += text[i];
			continue;
		}
		switch (text[++i]) {
		case 'x':
			out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
			i += 2;
			break;
		case 'r':
			out += '\r';
			break;
		case 'c': // no line end here
			i++;
			break;
		default:
			out += '\\';
			out += text[i];
		}
	}
	return out;
}

// Takes the ^ out of the file's text and enters where they were.
inline void take_marks(CaseFile &file, BrokenCase &out)
{
	const std::string text = file.escaped ? unescape(file.content) : file.content;
	file.content.clear();
	// A byte order mark takes no column.
	std::size_t line_start = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
	std::uint32_t line = 1;
	for (const char c : text) {
		if (c == '^') {
			const std::size_t column = file.content.size() - line_start + 1;
			out.errors.push_back(
				{file.name, line, static_cast<std::uint32_t>(column), ""});
			continue;
		}
		file.content += c;
		if (c == '\n') {
			line++;
			line_start = file.content.size();
		}
	}
}

inline CaseFile open_case_file(const std::string &header)
{
	const bool escaped = header.ends_with(" escaped");
	return {header.substr(0, header.size() - (escaped ? 8 : 0)), "", escaped};
}

inline std::vector<BrokenCase> read_case_file(const std::filesystem::path &path)
{
	std::vector<BrokenCase> cases;
	std::ifstream stream(path);
	for (std::string line; std::getline(stream, line);) {
		if (line.starts_with("=== ")) {
			cases.push_back(
				{path.filename().string() + ": " + line.substr(4), {}, {}, {}});
		} else if (line.starts_with("--- ")) {
			cases.back().files.push_back(open_case_file(line.substr(4)));
		} else if (line.starts_with(">>> ")) {
			cases.back().texts.push_back(line.substr(4));
		} else {
			if (cases.back().files.empty())
				cases.back().files.push_back({"flowmark.yaml", "", false});
			cases.back().files.back().content += line + "\n";
		}
	}
	for (BrokenCase &broken : cases) {
		for (CaseFile &file : broken.files)
			take_marks(file, broken);
	}
	return cases;
}

inline std::vector<BrokenCase> read_cases(const std::string &folder)
{
	std::vector<std::filesystem::path> paths;
	for (const auto &entry : std::filesystem::directory_iterator(folder)) {
		if (entry.path().extension() == ".cases")
			paths.push_back(entry.path());
	}
	std::sort(paths.begin(), paths.end());
	std::vector<BrokenCase> all;
	for (const auto &path : paths) {
		const auto cases = read_case_file(path);
		all.insert(all.end(), cases.begin(), cases.end());
	}
	return all;
}

} // namespace flowmark
