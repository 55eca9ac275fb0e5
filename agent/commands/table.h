// SPDX-License-Identifier: Apache-2.0
// Aligned columns of text.
#pragma once

#include <string>
#include <vector>

#include "commands/terminal.h"

namespace flowmark {

struct Column {
	enum class Align { left, right };

	std::string title;
	Align align = Align::left;
};

// Cells are made printable. Columns without any text but their title are left out.
class Table {
      public:
	enum class Tone { plain, dim, red };

	explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

	// One cell per column.
	void add(std::vector<std::string> cells, Tone tone = Tone::plain);

	[[nodiscard]] bool empty() const { return rows_.empty(); }
	// Title and rows, a line each; nothing if there are no rows.
	[[nodiscard]] std::string render(const Style &style) const;

      private:
	struct Row {
		std::vector<std::string> cells;
		Tone tone = Tone::plain;
	};

	[[nodiscard]] std::vector<std::size_t> widths() const;
	[[nodiscard]] std::string line(const std::vector<std::string> &cells,
				       const std::vector<std::size_t> &widths) const;

	std::vector<Column> columns_;
	std::vector<Row> rows_;
};

} // namespace flowmark
