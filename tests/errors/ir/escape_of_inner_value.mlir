xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b = xcs.if %a {
    %inner = xcs.constant 1
    xcs.yield %inner
  } else {
    xcs.yield %a
  }
  xcs.return %inner
}
