// SPDX-License-Identifier: Apache-2.0
#include "lockdown/hid/report_descriptor.h"

#include <algorithm>
#include <array>
#include <optional>

#include "lockdown/hid/items.h"

namespace bf::lockdown::hid {
namespace {

// As in the kernel (HID_GLOBAL_STACK_SIZE, HID_MAX_USAGES).
constexpr std::size_t kMaxPushed = 4;
constexpr std::uint32_t kMaxReportCount = 12288;
constexpr std::uint32_t kMaxReportSize = 256;

struct Global {
  std::uint16_t usage_page = 0;
  std::uint32_t report_size = 0;
  std::uint32_t report_count = 0;
  std::uint8_t report_id = 0;
};

// A usage, or range of usages, as a local item gave it. Two bytes and less are ids on a page.
struct LocalUsage {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  bool extended = false;
  std::uint16_t page = 0;  // in force when the item came
};

class Parser {
 public:
  Result<ReportDescriptor> Run(std::span<const std::byte> bytes) {
    if (bytes.size() > kMaxReportDescriptor) {
      return Fail("a report descriptor of {} bytes, there are at most {}", bytes.size(),
                  kMaxReportDescriptor);
    }
    if (bytes.empty()) return Fail("an empty report descriptor");
    // Enough for what honest devices have: few allocations, and none per item.
    result_.fields.reserve(bytes.size() / 16);
    result_.usages.reserve(bytes.size() / 4);
    ItemReader reader(bytes);
    while (!reader.AtEnd()) {
      BF_ASSIGN(item_, reader.Next());
      BF_TRY(Read());
    }
    if (open_ != -1) return Fail("a collection is not closed");
    if (in_delimiter_) return Fail("a delimiter is not closed");
    return std::move(result_);
  }

 private:
  Status Read() {
    switch (item_.type) {
      case ItemType::kMain:
        return ReadMain();
      case ItemType::kGlobal:
        return ReadGlobal();
      case ItemType::kLocal:
        return ReadLocal();
      case ItemType::kReserved:  // long items among them: nobody has defined any
        return {};
    }
    return {};
  }

  Status ReadMain() {
    if (in_delimiter_) return Fail("offset {}: a main item inside a delimiter", item_.offset);
    Status status;
    switch (item_.tag) {
      case 0x8:
        AddField(FieldKind::kInput);
        break;
      case 0x9:
        AddField(FieldKind::kOutput);
        break;
      case 0xb:
        AddField(FieldKind::kFeature);
        break;
      case 0xa:
        OpenCollection();
        break;
      case 0xc:
        status = CloseCollection();
        break;
      default:  // reserved; ignored, as the kernel does
        break;
    }
    local_.clear();
    usage_minimum_.reset();
    pending_maximum_.reset();
    return status;
  }

  void OpenCollection() {
    Collection collection;
    collection.type = static_cast<CollectionType>(item_.value & 0xff);
    // Several usages before one collection: the kernel takes the first. A range is kept as one, so
    // that nothing hides in it.
    if (!local_.empty()) collection.usage = Resolved(local_.front(), globals_.usage_page);
    collection.parent = open_;
    open_ = static_cast<int>(result_.collections.size());
    result_.collections.push_back(collection);
  }

  Status CloseCollection() {
    if (open_ == -1) return Fail("offset {}: no collection to close", item_.offset);
    open_ = result_.collections[static_cast<std::size_t>(open_)].parent;
    return {};
  }

  void AddField(FieldKind kind) {
    Field field;
    field.kind = kind;
    field.flags = item_.value;
    field.report_id = globals_.report_id;
    field.report_size = globals_.report_size;
    field.report_count = globals_.report_count;
    field.collection = open_;
    field.first_usage = static_cast<std::uint32_t>(result_.usages.size());
    for (const LocalUsage& usage : local_) {
      result_.usages.push_back(Resolved(usage, usage.page));
      // The page in force at the main item counts as the specification has it; kernels before 5.4
      // took the one in force at the usage. Either may be what is running.
      if (!usage.extended && usage.page != globals_.usage_page) {
        result_.usages.push_back(Resolved(usage, globals_.usage_page));
      }
    }
    field.usage_count = static_cast<std::uint32_t>(result_.usages.size()) - field.first_usage;
    result_.fields.push_back(field);
  }

  static UsageRange Resolved(const LocalUsage& usage, std::uint16_t page) {
    if (usage.extended) return {usage.first, usage.last};
    return {MakeUsage(page, usage.first), MakeUsage(page, usage.last)};
  }

  Status ReadGlobal() {
    switch (item_.tag) {
      case 0x0:
        globals_.usage_page = static_cast<std::uint16_t>(item_.value);
        return {};
      case 0x1:  // logical and physical extents, unit and its exponent: no key depends on them
      case 0x2:
      case 0x3:
      case 0x4:
      case 0x5:
      case 0x6:
        return {};
      case 0x7:
        if (item_.value > kMaxReportSize) return OutOfBounds("report size");
        globals_.report_size = item_.value;
        return {};
      case 0x8:
        if (item_.value == 0 || item_.value > 0xff) return OutOfBounds("report id");
        globals_.report_id = static_cast<std::uint8_t>(item_.value);
        return {};
      case 0x9:
        if (item_.value > kMaxReportCount) return OutOfBounds("report count");
        globals_.report_count = item_.value;
        return {};
      case 0xa:
        if (pushed_ == kMaxPushed) return Fail("offset {}: too many Push", item_.offset);
        stack_[pushed_++] = globals_;
        return {};
      case 0xb:
        if (pushed_ == 0) return Fail("offset {}: Pop without Push", item_.offset);
        globals_ = stack_[--pushed_];
        return {};
      default:
        return Fail("offset {}: unknown global item {:#x}", item_.offset, item_.tag);
    }
  }

  Failure OutOfBounds(std::string_view what) const {
    return Fail("offset {}: {} {} is not possible", item_.offset, what, item_.value);
  }

  Status ReadLocal() {
    if (item_.tag == 0xa) return ReadDelimiter();
    switch (item_.tag) {
      case 0x0:
        local_.push_back({item_.value, item_.value, item_.size > 2, globals_.usage_page});
        return {};
      case 0x1:
        usage_minimum_ = item_;
        if (pending_maximum_) AddRange(item_, *pending_maximum_);
        pending_maximum_.reset();
        return {};
      case 0x2:
        // Minimum before maximum, and one minimum may serve several maxima, as in the kernel. A
        // maximum that comes first counts from nought there, and from the minimum elsewhere.
        AddRange(usage_minimum_.value_or(Item{}), item_);
        if (!usage_minimum_) pending_maximum_ = item_;
        return {};
      default:  // designators and strings say nothing about keys; unknown ones the kernel ignores
        return {};
    }
  }

  // The usages inside of a delimiter are alternatives for one control: all of them count.
  Status ReadDelimiter() {
    if (item_.value > 1) return OutOfBounds("delimiter");
    if ((item_.value == 1) == in_delimiter_) {
      return Fail("offset {}: delimiters do not nest", item_.offset);
    }
    in_delimiter_ = item_.value == 1;
    return {};
  }

  void AddRange(const Item& minimum, const Item& maximum) {
    // The kernel lets the size of the maximum decide whether a range has pages of its own. If only
    // one end has four bytes, both readings count.
    const bool extended = maximum.size > 2;
    if (minimum.value <= maximum.value) {
      local_.push_back({minimum.value, maximum.value, extended, globals_.usage_page});
    }
    if ((minimum.size > 2) == extended) return;
    const std::uint32_t first =
        extended ? MakeUsage(globals_.usage_page, 0) | minimum.value : minimum.value;
    const std::uint32_t last =
        extended ? maximum.value : MakeUsage(globals_.usage_page, 0) | maximum.value;
    if (first <= last) local_.push_back({first, last, true, globals_.usage_page});
  }

  ReportDescriptor result_;
  Item item_;
  Global globals_;
  std::array<Global, kMaxPushed> stack_;
  std::size_t pushed_ = 0;
  std::vector<LocalUsage> local_;
  std::optional<Item> usage_minimum_;
  std::optional<Item> pending_maximum_;
  bool in_delimiter_ = false;
  int open_ = -1;
};

}  // namespace

std::string UsageToString(Usage usage) {
  return fmt::format("{:02x}:{:04x}", usage >> 16, usage & 0xffff);
}

std::vector<Usage> ReportDescriptor::Applications() const {
  std::vector<Usage> applications;
  for (const Collection& collection : collections) {
    if (collection.type != CollectionType::kApplication) continue;
    applications.push_back(collection.usage.first);
  }
  return applications;
}

bool ReportDescriptor::HasApplication(Usage usage) const {
  return std::any_of(collections.begin(), collections.end(), [usage](const Collection& collection) {
    return collection.type == CollectionType::kApplication &&
           collection.usage.Overlaps(usage, usage);
  });
}

Result<ReportDescriptor> ParseReportDescriptor(std::span<const std::byte> bytes) {
  return Parser().Run(bytes);
}

}  // namespace bf::lockdown::hid
