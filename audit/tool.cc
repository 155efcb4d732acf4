// SPDX-License-Identifier: Apache-2.0
#include "audit/tool.h"

#include "audit/verbs/verbs.h"

namespace bf::audit {

cli::Tool AuditTool() {
  return {"bf-audit",
          "What the policies allow, and what a change to them means",
          {CheckVerb(), DiffVerb(), ReportVerb()}};
}

}  // namespace bf::audit
