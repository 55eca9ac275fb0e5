// SPDX-License-Identifier: Apache-2.0
// The pinned array in which the agent writes down what it must remember.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "datapath/book_record.h"

namespace flowmark {

class PinnedBook {
      public:
	// None: what is there is no book of this version.
	static Result<std::optional<PinnedBook>> open(const std::string &path);
	// An empty one, which is pinned at `path` with its head.
	static Result<PinnedBook> create(const std::string &path, const BookHead &head);

	// Of the book at `path`, for those who can do without.
	static std::optional<BookHead> head_of(const std::string &path);
	// None: it is damaged.
	[[nodiscard]] Result<std::optional<BookHead>> head() const;

	struct Contents {
		std::vector<std::pair<std::uint16_t, CounterKey>> counters;
		std::vector<SlotEntry> slots;
		std::size_t damaged = 0; // records that are not whole, and are ignored
	};
	[[nodiscard]] Result<Contents> read() const;

	// An update of an array that is there does not fail.
	void write_head(const BookHead &head) const;
	void write_counter(std::uint16_t index, const CounterKey &key) const;
	void forget_counter(std::uint16_t index) const;
	void write_slot(const SlotEntry &entry) const;
	void forget_slot(std::uint32_t slot) const;

      private:
	explicit PinnedBook(UniqueFd map) : map_(std::move(map)) {}
	void write(std::uint32_t place, const fm_book_record &record) const;

	UniqueFd map_;
};

} // namespace flowmark
