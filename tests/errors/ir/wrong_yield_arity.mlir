xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b, %c = xcs.if %a {
    xcs.yield %a, %a
  } else {
    xcs.yield %a
  }
  xcs.return %a
}
