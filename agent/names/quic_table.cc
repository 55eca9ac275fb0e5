// SPDX-License-Identifier: Apache-2.0
#include "names/quic_table.h"

#include <algorithm>
#include <bit>

namespace flowmark {

QuicTable::QuicTable(const QuicLimits &limits, const FlowSeed &seed)
	: limits_(limits), seed_(seed), places_(std::max<std::size_t>(limits.connections, 1)),
	  buckets_(std::bit_ceil(2 * places_.size()), kNone)
{
	// The first ones are taken first, so that memory follows the need.
	for (std::size_t i = places_.size(); i-- > 0;)
		push_first(static_cast<Index>(i), kFree);
}

QuicTable::Streams QuicTable::find(const QuicFlow &flow)
{
	Streams found{};
	std::size_t count = 0;
	for (Index i = bucket_of(flow); i != kNone && count < kPerFlow; i = places_[i].chained)
		if (places_[i].flow == flow)
			found.at(count++) = &places_[i];
	return found;
}

QuicStream &QuicTable::take(const QuicFlow &flow, std::chrono::nanoseconds now)
{
	make_room(flow);
	const Index index = ends_[kFree].first;
	Place &place = places_[index];
	unlink(index);
	push_first(index, kPending);
	Index &bucket = bucket_of(flow);
	place.chained = bucket;
	bucket = index;
	place.touched = now;

	place.flow = flow;
	place.largest = 0;
	place.done = false;
	if (!place.crypto)
		place.crypto = std::make_unique<CryptoBuffer>();
	place.crypto->clear();
	return place;
}

void QuicTable::make_room(const QuicFlow &flow)
{
	if (const QuicStream *oldest = find(flow).back()) {
		evicted_ += oldest->done ? 0 : 1;
		forget(index_of(*oldest));
	}
	if (ends_[kFree].first != kNone)
		return;
	if (ends_[kDone].last != kNone) {
		forget(ends_[kDone].last);
		return;
	}
	evicted_++;
	forget(ends_[kPending].last);
}

void QuicTable::touch(QuicStream &stream, std::chrono::nanoseconds now)
{
	const Index index = index_of(stream);
	places_[index].touched = now;
	const Order order = places_[index].order;
	unlink(index);
	push_first(index, order);
}

void QuicTable::finish(QuicStream &stream)
{
	for (QuicStream *other : find(stream.flow))
		if (other != nullptr && other != &stream && !other->done)
			forget(index_of(*other));
	stream.done = true;
	const Index index = index_of(stream);
	unlink(index);
	push_first(index, kDone);
}

void QuicTable::expire(std::chrono::nanoseconds now)
{
	for (const Order order : {kPending, kDone})
		for (Index i = ends_.at(order).last;
		     i != kNone && now - places_[i].touched > limits_.idle;
		     i = ends_.at(order).last) {
			expired_ += order == kPending ? 1 : 0;
			forget(i);
		}
}

QuicTable::Index QuicTable::index_of(const QuicStream &stream) const
{
	// NOLINTNEXTLINE(cppcoreguidelines-pro-type-static-cast-downcast): all streams are places
	return static_cast<Index>(static_cast<const Place *>(&stream) - places_.data());
}

QuicTable::Index &QuicTable::bucket_of(const QuicFlow &flow)
{
	return buckets_[hash_of(flow, seed_) & (buckets_.size() - 1)];
}

void QuicTable::unlink(Index index)
{
	const Place &place = places_[index];
	Ends &ends = ends_.at(place.order);
	(place.newer == kNone ? ends.first : places_[place.newer].older) = place.older;
	(place.older == kNone ? ends.last : places_[place.older].newer) = place.newer;
}

void QuicTable::push_first(Index index, Order order)
{
	Place &place = places_[index];
	Ends &ends = ends_.at(order);
	place.order = order;
	place.newer = kNone;
	place.older = ends.first;
	(ends.first == kNone ? ends.last : places_[ends.first].newer) = index;
	ends.first = index;
}

void QuicTable::forget(Index index)
{
	Index *link = &bucket_of(places_[index].flow);
	while (*link != index)
		link = &places_[*link].chained;
	*link = places_[index].chained;
	unlink(index);
	push_first(index, kFree);
}

} // namespace flowmark
