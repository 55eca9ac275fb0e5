// SPDX-License-Identifier: Apache-2.0
// Input: a handshake message. A name is one, it stands in the bytes, and what the first
// bytes have settled stays so when more of them come.
#include "fuzz/fuzz.h"
#include "names/client_hello.h"

using flowmark::ClientHello;
using flowmark::HelloState;
using flowmark::fuzz::View;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	const View bytes(data, size);
	const ClientHello whole = flowmark::read_client_hello(bytes);
	flowmark::fuzz::require((whole.state == HelloState::name) == !whole.name.empty(),
				"a name and the state of one");
	if (whole.state == HelloState::name) {
		flowmark::fuzz::require(flowmark::fuzz::is_name(whole.name), "printable name");
		flowmark::fuzz::require(flowmark::fuzz::occurs(whole.name, bytes), "invented");
	}
	const std::size_t step = size / 16 + 1;
	for (std::size_t part = 0; part < size; part += step) {
		const ClientHello start = flowmark::read_client_hello(bytes.first(part));
		flowmark::fuzz::require(
			start.state == HelloState::need_more ||
				(start.state == whole.state && start.name == whole.name),
			"more bytes changed the answer");
	}
	return 0;
}
