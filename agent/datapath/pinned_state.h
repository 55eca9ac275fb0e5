// SPDX-License-Identifier: Apache-2.0
// What outlives the agent, as one whole: the locked folder with its pins and the
// book. Either it takes over what an earlier agent left, or it starts clean.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "datapath/pin_folder.h"
#include "datapath/pin_removal.h"
#include "datapath/pinned_book.h"

namespace flowmark {

class PinnedState {
      public:
	explicit PinnedState(std::unique_ptr<PinFolder> folder) : folder_(std::move(folder)) {}

	// Looks at what is there; `data_layout` is that of our maps. What does not fit
	// is set aside, and a clean folder made; what cannot be looked at is left alone.
	Result<void> prepare(std::uint64_t data_layout);
	// Makes the book of a clean start. The maps are pinned by now.
	Result<void> complete();

	[[nodiscard]] bool takes_over() const { return taken_over_; }
	// Nothing in the folder is in force: it is ours to fill or to remove.
	[[nodiscard]] bool starts_clean() const { return clean_; }
	[[nodiscard]] const PinFolder &folder() const { return *folder_; }
	// REQUIRES: takes_over(), or complete() was called.
	[[nodiscard]] const PinnedBook &book() const { return *book_; }
	// Of the book as it was found.
	[[nodiscard]] const PinnedBook::Contents &contents() const { return contents_; }

	// Removes what other versions have left, but for what is ours by now.
	void remove_others();
	// Removes all pins of ours, and the folders.
	void remove();

      private:
	[[nodiscard]] Result<std::string> misfit() const;
	[[nodiscard]] Result<std::string> open_book();

	std::unique_ptr<PinFolder> folder_;
	std::optional<PinnedBook> book_;
	PinnedBook::Contents contents_;
	BookHead head_;
	bool taken_over_ = false, clean_ = false;
};

// A number for the network namespace of the process that is not used again.
Result<std::uint64_t> netns_cookie();

} // namespace flowmark
