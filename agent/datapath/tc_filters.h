// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace flowmark {

// Whether any filter hangs on the interface's clsact qdisc, in either direction.
// True also when the kernel could not be asked: the qdisc is then left alone.
bool has_tc_filters(int ifindex);

} // namespace flowmark
