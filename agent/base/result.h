// SPDX-License-Identifier: Apache-2.0
// A value or the reason why there is none. For failures that a caller is
// expected to handle; exceptions come only from third-party code and are caught
// in the one file that calls it.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace flowmark {

// What went wrong, as a sentence for the operator: "cannot open PATH: No such
// file or directory". No trailing newline or full stop.
struct Error {
	std::string message;
};

template <typename T>
class [[nodiscard]] Result {
      public:
	Result(T value) : state_(std::move(value)) {}
	Result(Error error) : state_(std::move(error)) {}

	[[nodiscard]] bool ok() const { return std::holds_alternative<T>(state_); }
	explicit operator bool() const { return ok(); }

	// REQUIRES: ok()
	T &operator*() { return std::get<T>(state_); }
	const T &operator*() const { return std::get<T>(state_); }
	T *operator->() { return &std::get<T>(state_); }

	// REQUIRES: !ok()
	[[nodiscard]] const Error &error() const { return std::get<Error>(state_); }

      private:
	std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
      public:
	Result() = default;
	Result(Error error) : error_(std::move(error)), ok_(false) {}

	[[nodiscard]] bool ok() const { return ok_; }
	explicit operator bool() const { return ok_; }

	// REQUIRES: !ok()
	[[nodiscard]] const Error &error() const { return error_; }

      private:
	Error error_;
	bool ok_ = true;
};

// "what: strerror(errno)", for a system call that has just failed.
Error errno_error(const std::string &what);
// The same for a negative errno that a library returned.
Error errno_error(const std::string &what, int negative_errno);

} // namespace flowmark
