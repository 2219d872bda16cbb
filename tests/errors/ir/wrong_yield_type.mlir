xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b = xcs.if %a -> (!xcs.obj<"str">) {
    xcs.yield %a
  } else {
    xcs.yield %a
  }
  xcs.return %a
}
