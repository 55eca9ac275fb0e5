// SPDX-License-Identifier: Apache-2.0
#include "replay/learned_names.h"

#include "base/log.h"

namespace flowmark {

Result<std::unique_ptr<LearnedNames>> LearnedNames::open(BpfObject &object,
							 const NameOptions &options)
{
	std::unique_ptr<LearnedNames> names(new LearnedNames(object, options));
	if (auto begun = names->begin(); !begun)
		return begun.error();
	return names;
}

Result<void> LearnedNames::begin()
{
	auto service = NameService::open(object_, false);
	if (!service)
		return service.error();
	service_ = std::move(*service);
	service_->use(options_);
	return {};
}

void LearnedNames::after_packet(std::uint64_t)
{
	service_->consume();
}

FlowName LearnedNames::name_of(const fm_flow_key &key)
{
	const auto name = service_->maps().name_of(key);
	if (!name)
		return {};
	FlowName out{name->text, static_cast<fm_evidence>(name->evidence), std::nullopt};
	if ((name->from & FM_NAME_FROM) != 0)
		out.hello_from_low = (name->from & FM_NAME_FROM) == FM_NAME_FROM_LOW;
	return out;
}

void LearnedNames::forget(const fm_flow_key &key)
{
	service_->maps().forget(key);
}

// What was learned of another capture's clients goes too.
void LearnedNames::forget_all()
{
	service_->consume();
	service_->maps().forget_all();
	if (auto begun = begin(); !begun)
		log_warning("names of the next capture are learned as if it were the same",
			    {{"reason", begun.error().message}});
}

} // namespace flowmark
