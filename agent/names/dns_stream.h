// SPDX-License-Identifier: Apache-2.0
// The DNS messages in what one TCP connection's server sends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "names/dns_cursor.h"

namespace flowmark {

// Puts segments in order and cuts the bytes into messages. Where the connection begins is not
// known: it is picked up at the first segment that looks like the beginning of an answer, also
// after a segment that never came. Holds 64 KiB in order and kMaxParts segments out of order.
class DnsStream {
      public:
	using Message = std::vector<std::uint8_t>;

	// Takes a segment, in any order or again; returns the messages that it completes. Bytes
	// that came before are not replaced by others with their numbers.
	std::vector<Message> take(std::uint32_t seq, Bytes payload);

      private:
	struct Part {
		std::uint32_t seq;
		std::vector<std::uint8_t> bytes;
	};

	static constexpr std::size_t kMaxParts = 16;

	void hold(std::uint32_t seq, Bytes payload);
	// Goes on as far as the parts reach. False if what was reached is no message.
	bool advance(std::vector<Message> &out);
	bool find_start();
	void append_parts();
	bool cut_messages(std::vector<Message> &out);
	[[nodiscard]] bool is_crowded() const;
	void give_up_gap();
	void lose();

	bool started_ = false;		   // whether next_ and buffer_ hold
	bool proven_ = false;		   // whether buffer_ was seen to begin with an answer
	std::uint32_t next_ = 0;	   // what follows buffer_
	std::vector<std::uint8_t> buffer_; // from the length before a message on
	std::vector<Part> parts_;	   // as they came
};

} // namespace flowmark
