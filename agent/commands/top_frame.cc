// SPDX-License-Identifier: Apache-2.0
#include "commands/top_frame.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include "base/words.h"
#include "commands/json_fields.h"
#include "commands/table.h"
#include "commands/units.h"
#include "config/text.h"

namespace flowmark {

using nlohmann::json;

namespace {

using Align = Column::Align;
using RowKey = std::tuple<std::string, std::string, std::string>;

constexpr std::size_t kBarColumns = 20;

struct Rates {
	double packets = 0, bits = 0, marked = 0; // per second
};

RowKey key_of(const json &row, const char *name)
{
	return {row.at("interface"), row.at("direction"), row.at(name)};
}

// The rows of a sample by their key, and the time between two samples.
class Earlier {
      public:
	Earlier(const TopSample &now, const TopSample *before, const char *rows, const char *name);

	// What `row` has counted since, per second; nothing without a before.
	[[nodiscard]] std::optional<Rates> rates(const json &row) const;

      private:
	[[nodiscard]] double per_second(const json &row, const json *old, const char *key) const;

	const char *name_;
	double seconds_ = 0;
	std::map<RowKey, const json *> rows_;
};

Earlier::Earlier(const TopSample &now, const TopSample *before, const char *rows, const char *name)
	: name_(name)
{
	if (before == nullptr || before->status.at("pid") != now.status.at("pid"))
		return;
	seconds_ = now.classes.at("uptime_seconds").get<double>() -
		   before->classes.at("uptime_seconds").get<double>();
	for (const json &row : before->classes.at(rows))
		rows_[key_of(row, name)] = &row;
}

// A series that did not exist before has counted from 0.
double Earlier::per_second(const json &row, const json *old, const char *key) const
{
	const double then = old == nullptr ? 0 : old->value(key, 0.0);
	return std::max(0.0, row.value(key, 0.0) - then) / seconds_;
}

std::optional<Rates> Earlier::rates(const json &row) const
{
	if (seconds_ <= 0)
		return std::nullopt;
	const auto found = rows_.find(key_of(row, name_));
	const json *old = found == rows_.end() ? nullptr : found->second;
	return Rates{per_second(row, old, "packets"), 8 * per_second(row, old, "bytes"),
		     per_second(row, old, "marked")};
}

// `share` of the bar, in eighths of a column where there are such letters.
std::string bar(double share, const Style &style)
{
	constexpr std::array<const char *, 8> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	const double columns = std::clamp(share, 0.0, 1.0) * kBarColumns;
	std::string out;
	if (!style.unicode)
		return std::string(static_cast<std::size_t>(std::lround(columns)), '#');
	for (std::size_t i = 0; i < static_cast<std::size_t>(columns); ++i)
		out += "█";
	return out + kEighths.at(static_cast<std::size_t>(columns * 8) % 8);
}

// The bits per second of an interface and direction, over its classes.
using Totals = std::map<std::pair<std::string, std::string>, double>;

Totals totals_of(const json &rows, const Earlier &earlier)
{
	Totals totals;
	for (const json &row : rows)
		if (const auto rates = earlier.rates(row))
			totals[{row.at("interface"), row.at("direction")}] += rates->bits;
	return totals;
}

std::string share_of(const std::optional<Rates> &rates, double total, const Style &style)
{
	if (!rates || total <= 0 || rates->bits <= 0)
		return "";
	const double share = rates->bits / total;
	return fmt::format("{:>5} {}", format_percent(share, 1), bar(share, style));
}

void add_class(Table &table, const json &row, bool first_of_block,
	       const std::optional<Rates> &rates, const std::string &share)
{
	const std::string packet_rate = rates ? format_si(rates->packets, "") : "-";
	const std::string bit_rate = rates ? format_si(rates->bits, "bit/s") : "-";
	table.add({first_of_block ? row.at("interface").get<std::string>() : "",
		   first_of_block ? row.at("direction").get<std::string>() : "", row.at("class"),
		   row.at("dscp_name"), packet_rate, bit_rate,
		   rates ? format_percent(rates->marked, rates->packets) : "-",
		   format_si(row.at("packets").get<double>(), ""),
		   format_si(row.at("bytes").get<double>(), "B"), share},
		  rates && rates->packets == 0 ? Table::Tone::dim : Table::Tone::plain);
}

std::string render_rows(const TopSample &now, const TopSample *before, const Style &style)
{
	const Earlier earlier(now, before, "classes", "class");
	const json &rows = now.classes.at("classes");
	const Totals totals = totals_of(rows, earlier);
	Table table({{"INTERFACE"},
		     {"DIRECTION"},
		     {"CLASS"},
		     {"DSCP"},
		     {"PACKETS/S", Align::right},
		     {"RATE", Align::right},
		     {"MARKED", Align::right},
		     {"PACKETS", Align::right},
		     {"BYTES", Align::right},
		     {"SHARE OF RATE"}});
	std::pair<std::string, std::string> block;
	for (const json &row : rows) {
		if (!row.at("current").get<bool>())
			continue;
		const std::pair<std::string, std::string> here{row.at("interface"),
							       row.at("direction")};
		const auto rates = earlier.rates(row);
		const auto total = totals.find(here);
		add_class(table, row, here != block, rates,
			  share_of(rates, total == totals.end() ? 0 : total->second, style));
		block = here;
	}
	return table.empty() ? "no interface of the policy is here\n" : table.render(style);
}

std::string render_header(const json &status, const Style &style)
{
	const json &policy = status.at("policy");
	std::string out = fmt::format(
		"{}  generation {}, {}, up {}\n",
		style.bold("flowmark " + printable(status.at("version").get<std::string>())),
		count_of(policy.at("generation")), counted(policy.at("rules"), "rule"),
		format_duration(status.at("uptime_seconds").get<double>()));
	if (const json &error = status.at("reload").at("error"); !error.is_null())
		out += style.red("last reload refused: " + printable(error.get<std::string>())) +
		       '\n';
	return out;
}

struct Undecided {
	std::uint64_t packets = 0;
	std::optional<double> rate;
};

// By reason, over all interfaces.
std::map<std::string, Undecided> undecided(const TopSample &now, const TopSample *before)
{
	const Earlier earlier(now, before, "undecided", "reason");
	std::map<std::string, Undecided> out;
	for (const json &row : now.classes.at("undecided")) {
		Undecided &sum = out[row.at("reason")];
		sum.packets += count_of(row.at("packets"));
		if (const auto rates = earlier.rates(row))
			sum.rate = sum.rate.value_or(0) + rates->packets;
	}
	return out;
}

std::string render_undecided(const TopSample &now, const TopSample *before)
{
	std::string out;
	for (const auto &[reason, sum] : undecided(now, before)) {
		if (sum.packets == 0)
			continue;
		out += fmt::format("{}{} {}", out.empty() ? "undecided: " : ", ", printable(reason),
				   sum.packets);
		if (sum.rate && *sum.rate > 0)
			out += fmt::format(" ({}/s)", format_si(*sum.rate, ""));
	}
	return out.empty() ? out : '\n' + out + '\n';
}

} // namespace

std::string render_top(const TopSample &now, const TopSample *before, const Style &style)
{
	return render_header(now.status, style) + '\n' + render_rows(now, before, style) +
	       render_undecided(now, before);
}

} // namespace flowmark
