// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace flowmark {

// Host names one behind the other in one text: a million of them take two
// allocations. Each is as rules compare it (config/host.h), with "*." in front where
// it stands for the names below it.
class HostNames {
      public:
	void add(std::string_view name)
	{
		text_ += name;
		ends_.push_back(static_cast<std::uint32_t>(text_.size()));
	}
	void remove_last()
	{
		text_.resize(begin_of(size() - 1));
		ends_.pop_back();
	}

	[[nodiscard]] std::size_t size() const { return ends_.size(); }
	[[nodiscard]] bool empty() const { return ends_.empty(); }
	// Valid until the next change.
	[[nodiscard]] std::string_view operator[](std::size_t index) const
	{
		const std::size_t begin = begin_of(index);
		return std::string_view(text_).substr(begin, ends_[index] - begin);
	}

	class Iterator {
	      public:
		using iterator_category = std::input_iterator_tag;
		using value_type = std::string_view;
		using difference_type = std::ptrdiff_t;
		using pointer = void;
		using reference = std::string_view;

		Iterator(const HostNames &names, std::size_t index) : names_(&names), index_(index)
		{}
		std::string_view operator*() const { return (*names_)[index_]; }
		Iterator &operator++()
		{
			index_++;
			return *this;
		}
		bool operator==(const Iterator &other) const { return index_ == other.index_; }

	      private:
		const HostNames *names_;
		std::size_t index_;
	};
	[[nodiscard]] Iterator begin() const { return {*this, 0}; }
	[[nodiscard]] Iterator end() const { return {*this, size()}; }

	bool operator==(const HostNames &) const = default;

      private:
	[[nodiscard]] std::size_t begin_of(std::size_t index) const
	{
		return index == 0 ? 0 : ends_[index - 1];
	}

	std::string text_;
	std::vector<std::uint32_t> ends_; // where the next one begins; a million of 253 bytes fit
};

} // namespace flowmark
