// SPDX-License-Identifier: Apache-2.0
#include "commands/table.h"

#include <algorithm>

#include "base/escape.h"
#include "config/text.h"

namespace flowmark {

namespace {

std::string toned(const Style &style, Table::Tone tone, const std::string &text)
{
	switch (tone) {
	case Table::Tone::dim:
		return style.dim(text);
	case Table::Tone::red:
		return style.red(text);
	case Table::Tone::plain:
		break;
	}
	return text;
}

void trim_right(std::string &text)
{
	text.erase(text.find_last_not_of(' ') + 1);
}

} // namespace

void Table::add(std::vector<std::string> cells, Tone tone)
{
	for (std::string &cell : cells)
		cell = printable(cell);
	rows_.push_back({std::move(cells), tone});
}

// 0: a column to leave out.
std::vector<std::size_t> Table::widths() const
{
	std::vector<std::size_t> out(columns_.size(), 0);
	for (std::size_t i = 0; i < columns_.size(); ++i) {
		for (const Row &row : rows_)
			out[i] = std::max(out[i], display_width(row.cells.at(i)));
		if (out[i] > 0)
			out[i] = std::max(out[i], columns_[i].title.size());
	}
	return out;
}

std::string Table::line(const std::vector<std::string> &cells,
			const std::vector<std::size_t> &widths) const
{
	std::string out;
	for (std::size_t i = 0; i < columns_.size(); ++i) {
		if (widths[i] == 0)
			continue;
		const std::string gap(widths[i] - display_width(cells[i]), ' ');
		out += out.empty() ? "" : "  ";
		out += columns_[i].align == Column::Align::right ? gap + cells[i] : cells[i] + gap;
	}
	trim_right(out);
	return out;
}

std::string Table::render(const Style &style) const
{
	if (rows_.empty())
		return {};
	const std::vector<std::size_t> width = widths();
	std::vector<std::string> titles;
	titles.reserve(columns_.size());
	for (std::size_t i = 0; i < columns_.size(); ++i)
		titles.push_back(width[i] == 0 ? "" : columns_[i].title);
	std::string out = style.bold(line(titles, width)) + '\n';
	for (const Row &row : rows_)
		out += toned(style, row.tone, line(row.cells, width)) + '\n';
	return out;
}

} // namespace flowmark
