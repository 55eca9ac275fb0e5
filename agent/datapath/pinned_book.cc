// SPDX-License-Identifier: Apache-2.0
#include "datapath/pinned_book.h"

#include <bpf/bpf.h>

#include "datapath/map_walk.h"

namespace flowmark {

namespace {

void take(std::vector<SlotEntry> &to, std::optional<SlotEntry> entry)
{
	if (entry)
		to.push_back(std::move(*entry));
}

} // namespace

Result<std::optional<PinnedBook>> PinnedBook::open(const std::string &path)
{
	UniqueFd map(bpf_obj_get(path.c_str()));
	if (!map.valid())
		return errno_error("cannot open " + path);
	bpf_map_info info{};
	std::uint32_t length = sizeof(info);
	if (bpf_obj_get_info_by_fd(map.fd(), &info, &length) != 0)
		return errno_error("cannot look at " + path);
	if (info.type != BPF_MAP_TYPE_ARRAY || info.max_entries != FM_BOOK_ENTRIES ||
	    info.value_size != sizeof(fm_book_record))
		return std::optional<PinnedBook>();
	return std::optional(PinnedBook(std::move(map)));
}

Result<PinnedBook> PinnedBook::create(const std::string &path, const BookHead &head)
{
	UniqueFd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, "fm_book", sizeof(std::uint32_t),
				    sizeof(fm_book_record), FM_BOOK_ENTRIES, nullptr));
	if (!map.valid())
		return errno_error("cannot create the book");
	PinnedBook book(std::move(map));
	book.write_head(head);
	if (bpf_obj_pin(book.map_.fd(), path.c_str()) != 0)
		return errno_error("cannot pin " + path);
	return book;
}

std::optional<BookHead> PinnedBook::head_of(const std::string &path)
{
	const auto book = open(path);
	if (!book || !*book)
		return std::nullopt;
	const auto head = (*book)->head();
	return head ? *head : std::nullopt;
}

Result<std::optional<BookHead>> PinnedBook::head() const
{
	const std::uint32_t place = FM_BOOK_HEAD;
	fm_book_record record{};
	if (bpf_map_lookup_elem(map_.fd(), &place, &record) != 0)
		return errno_error("cannot read the book");
	return read_head(record);
}

Result<PinnedBook::Contents> PinnedBook::read() const
{
	Contents contents;
	const bool whole = walk_map<std::uint32_t, fm_book_record>(
		map_.fd(), FM_BOOK_ENTRIES, [&](std::uint32_t place, const fm_book_record &record) {
			if (!is_whole(record))
				contents.damaged++;
			else if (place >= FM_BOOK_SLOTS)
				take(contents.slots, read_slot(record, place - FM_BOOK_SLOTS));
			else if (auto key = read_counter_key(record))
				contents.counters.emplace_back(place, std::move(*key));
		});
	if (!whole)
		return errno_error("cannot read the book");
	return contents;
}

void PinnedBook::write(std::uint32_t place, const fm_book_record &record) const
{
	bpf_map_update_elem(map_.fd(), &place, &record, BPF_ANY);
}

void PinnedBook::write_head(const BookHead &head) const
{
	write(FM_BOOK_HEAD, head_record(head));
}

void PinnedBook::write_counter(std::uint16_t index, const CounterKey &key) const
{
	write(index, counter_record(key));
}

void PinnedBook::forget_counter(std::uint16_t index) const
{
	write(index, {});
}

void PinnedBook::write_slot(const SlotEntry &entry) const
{
	write(FM_BOOK_SLOTS + entry.slot, slot_record(entry));
}

void PinnedBook::forget_slot(std::uint32_t slot) const
{
	write(FM_BOOK_SLOTS + slot, {});
}

} // namespace flowmark
